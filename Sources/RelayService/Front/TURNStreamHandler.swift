import NIOCore
import NIOSSL
import NIOTransport
import NetPrimitives
import TURN

/// A TURN client over TCP or TLS: cuts its stream into messages for the data plane, and writes what comes back.
///
/// Reading pauses while the data plane is behind. A connection that is silent for `patience` is closed: a client
/// with an allocation refreshes its permissions every five minutes (RFC 8656 §9).
final class TURNStreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private static let patience = TimeAmount.minutes(10)
    private let dataPlane: DataPlane
    private let fiveTuple: FiveTuple
    private var framer = StreamFramer()
    private var client: AttachedClient?
    private var timeout: Scheduled<Void>?

    init(dataPlane: DataPlane, fiveTuple: FiveTuple) {
        self.dataPlane = dataPlane
        self.fiveTuple = fiveTuple
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let connection = ChannelConnection(context.channel) {
            bound.value.read()
        } join: { [self = NIOLoopBound(self, eventLoop: context.eventLoop)] peer, answer in
            self.value.join(peer, answering: answer, bound.value)
        }
        client = dataPlane.attach(connection, as: fiveTuple)
        wait(context)
    }

    func read(context: ChannelHandlerContext) {
        if client?.mayRead() ?? true { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framer.append(Array(unwrapInboundIn(data).readableBytesView))
        do {
            while let message = try framer.nextMessage() { client?.receive(message) }
        } catch {
            context.close(promise: nil)  // not TURN: nothing behind it can be understood either
        }
        wait(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        client?.disconnected()
        client = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// The connection becomes the client's end of a peer's connection (RFC 6062 §5.4).
    private func join(_ peer: PeerStream, answering answer: [UInt8], _ context: ChannelHandlerContext) {
        // What came behind the request came too early, and nobody can say where it belongs.
        guard context.channel.isActive, framer.bufferedCount == 0 else {
            peer.close()
            return context.close(promise: nil)
        }
        client = nil
        timeout?.cancel()
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
        do {
            try StreamJoint.join(context.channel, behind: self, to: peer)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            peer.close()
            context.close(promise: nil)
        }
    }

    private func wait(_ context: ChannelHandlerContext) {
        timeout?.cancel()
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }
}

/// The data plane's way to a channel. Called from its workers' threads.
private final class ChannelConnection: ClientConnection {
    /// About what a message costs on its way besides its bytes: a buffer, a task and a promise.
    private static let overhead = 256

    let isEncrypted: Bool
    private let channel: any Channel
    private let resume: @Sendable () -> Void
    private let join: @Sendable (PeerStream, [UInt8]) -> Void
    private let budget = ByteBudget()

    /// Call it on the channel's event loop. `resume` and `join` are called on the channel's event loop.
    init(
        _ channel: any Channel, resume: @escaping @Sendable () -> Void,
        join: @escaping @Sendable (PeerStream, [UInt8]) -> Void
    ) {
        self.join = join
        self.channel = channel
        isEncrypted = (try? channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)) != nil
        self.resume = resume
    }

    func write(_ message: [UInt8]) -> Bool {
        let size = message.count + Self.overhead
        guard budget.reserve(size) else { return false }
        channel.writeAndFlush(ByteBuffer(bytes: message)).whenComplete { [budget] _ in budget.release(size) }
        return true
    }

    func resumeReading() { channel.eventLoop.execute(resume) }

    func close() { channel.close(promise: nil) }

    func join(_ peer: PeerStream, answering answer: [UInt8]) {
        channel.eventLoop.execute { [join] in join(peer, answer) }
    }
}
