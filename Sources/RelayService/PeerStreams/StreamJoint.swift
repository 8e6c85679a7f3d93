import HostNetwork
import NIOCore
import NetPrimitives

/// One of two connections whose bytes go into each other as they are: a peer's and a client's (RFC 6062 §5.4).
///
/// Each has an event loop of its own. What was read here and the other end has not taken is bounded: beyond it nothing
/// is read, the kernel's window closes, and the sender is slowed down; so it is beyond a limit of traffic. An end of input
/// is passed on as one, and a closed connection closes the other when that has everything.
final class StreamJoint: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// Bytes read here that the other end's kernel has not taken: enough for 100 ms at 20 Mbit/s.
    private static let limit = 256 * 1024

    private var other: (any Channel)?
    private var context: ChannelHandlerContext?
    /// Read before there was another end: at the end of input NIO reads what the kernel has, no more than its buffer.
    private var early: [ByteBuffer] = []
    private var waiting = 0
    private var traffic: StreamTraffic?
    /// Until a limit of traffic lets it read again.
    private var isPaused = false
    private var pauses = 0
    private var wantsToRead = false
    private var hasEnded = false
    private var isClosed = false

    /// - Parameters:
    ///   - other: nil: nothing is read until `join`.
    ///   - traffic: what limits what is read; nil: nothing does.
    init(_ other: (any Channel)? = nil, traffic: StreamTraffic? = nil) {
        self.other = other
        self.traffic = traffic
    }

    /// Makes a client's channel the other end of a peer's, in both directions; on the client's event loop.
    static func join(_ client: any Channel, behind handler: any ChannelHandler, to peer: PeerStream) throws {
        try client.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try client.pipeline.syncOperations.addHandler(StreamJoint(peer.channel, traffic: peer.traffic), position: .after(handler))
        peer.join(client)
        client.read()
    }

    /// On this channel's event loop.
    func join(_ other: any Channel, traffic: StreamTraffic?) {
        guard self.other == nil, !isClosed else { return other.close(promise: nil) }
        self.other = other
        self.traffic = traffic
        for buffer in early { pass(buffer, to: other) }
        early = []
        proceed()
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if other != nil, waiting < Self.limit, !isPaused {
            context.read()
        } else {
            wantsToRead = true
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if let other { pass(buffer, to: other) } else { early.append(buffer) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            hasEnded = true
            proceed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        proceed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func pass(_ buffer: ByteBuffer, to other: any Channel) {
        guard let loop = context?.eventLoop else { return }
        let count = buffer.readableBytes
        waiting += count
        pause(after: count, on: loop)
        other.writeAndFlush(buffer).hop(to: loop).assumeIsolated().whenComplete { result in
            self.waiting -= count
            if case .failure = result { self.context?.close(promise: nil) }
            self.proceed()
        }
    }

    private func pause(after count: Int, on loop: any EventLoop) {
        guard let pause = traffic?.pause(after: count, at: MonotonicClock.now()) else { return }
        isPaused = true
        pauses += 1
        loop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) { [pauses] in
            // What was already read before may have made it longer.
            guard pauses == self.pauses else { return }
            self.isPaused = false
            self.proceed()
        }
    }

    /// Does what had to wait for the other end.
    private func proceed() {
        guard let other else { return }
        if waiting == 0, isClosed {
            other.close(promise: nil)
        } else if waiting == 0, hasEnded {
            hasEnded = false
            other.close(mode: .output).whenFailure { error in
                // What cannot end one direction alone ends both.
                if case ChannelError.operationUnsupported? = error as? ChannelError { other.close(promise: nil) }
            }
        } else if wantsToRead, waiting < Self.limit, !isPaused {
            wantsToRead = false
            context?.read()
        }
    }
}
