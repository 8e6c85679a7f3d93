public import NIOCore
public import NIOWebSocket

/// Turns WebSocket frames into whole messages and back; answers pings, sends its own, and closes a
/// connection that is silent, too slow or breaks the protocol (RFC 6455 §5, §7).
public final class WebSocketMessageHandler: ChannelDuplexHandler {
    public typealias InboundIn = WebSocketFrame
    public typealias InboundOut = WebSocketMessage
    public typealias OutboundIn = WebSocketMessage
    public typealias OutboundOut = WebSocketFrame

    /// Which end of the connection this is: a client masks what it sends (RFC 6455 §5.3).
    public enum Side: Sendable { case client, server }

    private let side: Side
    private let limits: WebSocketLimits
    private var lastHeardAt = NIODeadline.uptimeNanoseconds(0)
    private var pingTask: RepeatedTask?
    private var partial: (opcode: WebSocketOpcode, bytes: [UInt8])?
    private var pendingBytes = 0
    private var isClosing = false

    public init(side: Side, limits: WebSocketLimits) {
        self.side = side
        self.limits = limits
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        lastHeardAt = context.eventLoop.now
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pingTask = context.eventLoop.scheduleRepeatedTask(
            initialDelay: limits.pingInterval, delay: limits.pingInterval
        ) { _ in
            let (handler, context) = bound.value
            handler.pingOrGiveUp(context)
        }
    }

    public func handlerRemoved(context: ChannelHandlerContext) { pingTask?.cancel() }

    public func channelInactive(context: ChannelHandlerContext) {
        pingTask?.cancel()
        context.fireChannelInactive()
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: - In

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        lastHeardAt = context.eventLoop.now
        guard !isClosing else { return }
        // RFC 6455 §5.1: a client masks every frame, a server none; §5.2: there is no extension that uses the bits.
        guard (frame.maskKey != nil) == (side == .server), !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return close(context, .protocolError)
        }
        switch frame.opcode {
        case .text, .binary:
            guard partial == nil else { return close(context, .protocolError) }
            partial = (frame.opcode, [])
            receive(frame, context)
        case .continuation:
            guard partial != nil else { return close(context, .protocolError) }
            receive(frame, context)
        case .ping:
            // Who pings and does not read gets no pong: only the newest must be answered (§5.5.3).
            guard context.channel.isWritable else { return }
            send(.pong, frame.unmaskedData, context)
        case .pong:
            break
        case .connectionClose:
            close(context, .normalClosure)
        default:
            close(context, .protocolError)
        }
    }

    /// Appends a frame to the message that it belongs to, in place, and passes the message on when it is whole.
    private func receive(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        let data = frame.unmaskedData
        guard (partial?.bytes.count ?? 0) + data.readableBytes <= limits.maximumMessageBytes else {
            return close(context, .messageTooLarge)
        }
        partial?.bytes.append(contentsOf: data.readableBytesView)
        guard frame.fin, let (opcode, bytes) = partial else { return }
        partial = nil
        context.fireChannelRead(wrapInboundOut(opcode == .text ? .text(bytes) : .binary(bytes)))
    }

    // MARK: - Out

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else { return promise?.fail(ChannelError.ioOnClosedChannel) ?? () }
        switch unwrapOutboundIn(data) {
        case .text(let bytes): send(.text, ByteBuffer(bytes: bytes), context, promise)
        case .binary(let bytes): send(.binary, ByteBuffer(bytes: bytes), context, promise)
        }
    }

    private func send(
        _ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>? = nil
    ) {
        // The frame, its buffer and its promise cost something too: empty pongs are not free.
        let size = data.readableBytes + 256
        guard pendingBytes + size <= limits.maximumPendingBytes else {
            promise?.fail(ChannelError.writeMessageTooLarge)
            context.close(promise: nil)
            return
        }
        pendingBytes += size
        let frame = WebSocketFrame(
            fin: true, opcode: opcode, maskKey: side == .client ? .random() : nil, data: data)
        let written = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.pendingBytes -= size }
        context.writeAndFlush(wrapOutboundOut(frame), promise: written)
    }

    private func pingOrGiveUp(_ context: ChannelHandlerContext) {
        if context.eventLoop.now - lastHeardAt > limits.silenceLimit {
            context.fireUserInboundEventTriggered(WebSocketSilence())
            context.close(promise: nil)
        } else if !isClosing {
            send(.ping, ByteBuffer(), context)
        }
    }

    /// Says why, then closes: the other side's close frame is not waited for.
    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        guard !isClosing else { return }
        isClosing = true
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        let frame = WebSocketFrame(
            fin: true, opcode: .connectionClose, maskKey: side == .client ? .random() : nil, data: data)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(frame)).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
