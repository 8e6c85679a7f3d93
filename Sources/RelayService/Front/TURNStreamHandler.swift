import NIOCore
import NIOSSL
import NIOTransport
import NetPrimitives
import TURN

/// A TURN client over TCP or TLS: cuts its stream into messages for the data plane, and writes what comes back.
///
/// Reading pauses while the data plane is behind, and while the client does not take its answers. A connection that is
/// silent for `patience` is closed: a client with an allocation refreshes its permissions every five minutes (RFC 8656 §9).
final class TURNStreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private static let patience = TimeAmount.minutes(10)
    private let dataPlane: DataPlane
    private let fiveTuple: FiveTuple
    private let sender: LoopSender
    private let account: StreamAccount
    private var framer = StreamFramer()
    /// Bytes of the framer's that the account knows of.
    private var buffered = 0
    /// What was read and not handed in yet.
    private var messages: [[UInt8]] = []
    private var connection: ChannelConnection?
    private var client: AttachedClient?
    private var timeout: Scheduled<Void>?

    /// - Parameters:
    ///   - sender: of the channel's event loop.
    ///   - account: of the channel.
    init(dataPlane: DataPlane, fiveTuple: FiveTuple, sender: LoopSender, account: StreamAccount) {
        self.sender = sender
        self.account = account
        self.dataPlane = dataPlane
        self.fiveTuple = fiveTuple
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let isEncrypted = (try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)) != nil
        let connection = ChannelConnection(context.channel, isEncrypted: isEncrypted, sender: sender, account: account) {
            // By both reasons to wait, whichever has just gone.
            bound.value.handler.read(context: bound.value.context)
        } join: { peer, answer in
            bound.value.handler.join(peer, answering: answer, bound.value.context)
        }
        self.connection = connection
        client = dataPlane.attach(connection, as: fiveTuple, account: account)
        wait(context)
    }

    func read(context: ChannelHandlerContext) {
        if client?.mayRead() ?? true, connection?.mayRead() ?? true { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framer.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let message = try framer.nextMessage() { messages.append(message) }
        } catch {
            handIn()
            context.close(promise: nil)  // not TURN: nothing behind it can be understood either
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handIn()
        framer.releaseMemory()
        account.add(framer.bufferedCount - buffered)
        buffered = framer.bufferedCount
        wait(context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        connection?.writabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection?.writabilityChanged()
        connection = nil
        timeout?.cancel()
        handIn()
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
        connection?.leave()
        connection = nil
        timeout?.cancel()
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
        do {
            try StreamJoint.join(context.channel, behind: self, to: peer, account: account)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            peer.close()
            context.close(promise: nil)
        }
    }

    /// All that was read at once goes to the worker at once.
    private func handIn() {
        guard !messages.isEmpty else { return }
        client?.receive(messages)
        messages = []
    }

    private func wait(_ context: ChannelHandlerContext) {
        timeout?.cancel()
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }
}
