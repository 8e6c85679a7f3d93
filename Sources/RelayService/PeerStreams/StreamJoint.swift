import NIOCore
import NIOTransport
import NetPrimitives

/// One of two connections whose bytes go into each other as they are: a peer's and a client's (RFC 6062 §5.4).
///
/// Each has an event loop of its own. What was read here and the other end has not taken is bounded: beyond it nothing
/// is read, the kernel's window closes, and the sender is slowed down; so it is beyond a limit of traffic, which is asked
/// before anything passes. An end of input is passed on as one, and a closed connection closes the other when that has
/// everything, or has had its time.
final class StreamJoint: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// Bytes read here that the other end's kernel has not taken: enough for 100 ms at 20 Mbit/s.
    private static let limit = 256 * 1024
    /// Until a limit of traffic is asked again, in milliseconds: soon enough to notice when it was raised, and seldom enough
    /// for two thousand streams. Never the same, or of streams that share a limit the same one would always be the first.
    private static let pause = Int64(50)...150
    /// For a reader to take what is left of a connection that is gone.
    private static let patience = TimeAmount.minutes(1)

    private var other: (channel: any Channel, traffic: StreamTraffic)?
    private var context: ChannelHandlerContext?
    private var eventLoop: (any EventLoop)?
    /// For what was read here and the other end has not taken.
    private let account: StreamAccount
    /// Read and not passed on yet, as there was no other end or a limit of traffic. Nothing is read meanwhile; but at the
    /// end of input NIO reads all that the kernel has, no more than its buffer.
    private var kept = CircularBuffer<ByteBuffer>()
    /// Bytes that the other end has not taken yet.
    private var waiting = 0
    /// Until a limit of traffic is asked again.
    private var isPaused = false
    private var wantsToRead = false
    private var hasEnded = false
    private var isClosed = false
    private var isGivenUp = false

    /// A peer's end, which passes nothing on until `join`.
    init(of channel: any Channel, in memory: StreamMemory) {
        let source = channel.remoteAddress.flatMap(TransportAddress.init)?.ip.household
        account = memory.open(for: source) { channel.close(promise: nil) }
    }

    /// A client's end.
    private init(_ peer: any Channel, traffic: StreamTraffic, account: StreamAccount) {
        self.account = account
        other = (peer, traffic)
    }

    /// Makes a client's channel the other end of a peer's, in both directions; on the client's event loop.
    ///
    /// - Parameter account: of the client's channel.
    static func join(
        _ client: any Channel, behind handler: any ChannelHandler, to peer: PeerStream, account: StreamAccount
    ) throws {
        // What nobody limits is not carried.
        guard let traffic = peer.traffic else { throw ChannelError.inappropriateOperationForState }
        try client.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        try client.pipeline.syncOperations.addHandler(
            StreamJoint(peer.channel, traffic: traffic, account: account), position: .after(handler))
        peer.join(client, traffic: traffic)
        client.read()
    }

    /// On this channel's event loop.
    func join(_ client: any Channel, traffic: StreamTraffic) {
        guard other == nil, !isClosed else { return client.close(promise: nil) }
        other = (client, traffic)
        proceed()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        eventLoop = context.eventLoop
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        wantsToRead = true
        proceed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        account.add(buffer.readableBytes)
        kept.append(buffer)
        proceed()
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
        // Who held too much is waited for by nobody.
        if account.isGivenUp, !isGivenUp {
            isGivenUp = true
            forget()
            other?.channel.close(promise: nil)
        }
        proceed()
        if let other, !isGivenUp, waiting > 0 || !kept.isEmpty {
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
                self.forget()
                other.channel.close(promise: nil)
            }
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// It is we who end it, not who is at its other side: both ends go, whatever is under way.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if case .all = mode, !isGivenUp {
            isGivenUp = true
            forget()
            other?.channel.close(promise: nil)
        }
        context.close(mode: mode, promise: promise)
    }

    private func forget() {
        account.release(kept.reduce(0) { $0 + $1.readableBytes })
        kept.removeAll()
    }

    /// Does what can be done now.
    private func proceed() {
        guard let other, let eventLoop else { return }
        while !isPaused, waiting < Self.limit, var next = kept.popFirst() {
            let now = Instant(nanoseconds: Int64(eventLoop.now.uptimeNanoseconds))
            let piece = next.readSlice(length: other.traffic.admits(upTo: next.readableBytes, at: now))
            if next.readableBytes > 0 {
                kept.prepend(next)
                pause(eventLoop)
            }
            if let piece, piece.readableBytes > 0 { pass(piece, to: other.channel, eventLoop) }
        }
        guard kept.isEmpty else { return }
        if waiting == 0, isClosed {
            other.channel.close(promise: nil)
        } else if waiting == 0, hasEnded {
            hasEnded = false
            other.channel.close(mode: .output).whenFailure { error in
                // What cannot end one direction alone ends both.
                if case ChannelError.operationUnsupported? = error as? ChannelError { other.channel.close(promise: nil) }
            }
        } else if wantsToRead, waiting < Self.limit {
            wantsToRead = false
            context?.read()
        }
    }

    private func pass(_ piece: ByteBuffer, to other: any Channel, _ eventLoop: any EventLoop) {
        let count = piece.readableBytes
        waiting += count
        other.writeAndFlush(piece).hop(to: eventLoop).assumeIsolated().whenComplete { result in
            self.waiting -= count
            self.account.release(count)
            if case .failure = result {
                self.forget()
                self.context?.close(promise: nil)
            }
            self.proceed()
        }
    }

    private func pause(_ eventLoop: any EventLoop) {
        isPaused = true
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(.random(in: Self.pause))) {
            self.isPaused = false
            self.proceed()
        }
    }
}
