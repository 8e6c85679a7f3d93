import NIOCore
import NIOTransport
import NetPrimitives
import TURN

/// A TURN client over TCP or TLS: cuts its stream into messages for the data plane, and writes what comes back.
final class TURNStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let dataPlane: DataPlane
    private let fiveTuple: FiveTuple
    private var framer = StreamFramer()
    private var client: AttachedClient?

    init(dataPlane: DataPlane, fiveTuple: FiveTuple) {
        self.dataPlane = dataPlane
        self.fiveTuple = fiveTuple
    }

    func handlerAdded(context: ChannelHandlerContext) {
        client = dataPlane.attach(ChannelConnection(context.channel), as: fiveTuple)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framer.append(Array(unwrapInboundIn(data).readableBytesView))
        do {
            while let message = try framer.nextMessage() { client?.receive(message) }
        } catch {
            context.close(promise: nil)  // not TURN: nothing behind it can be understood either
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        client?.disconnected()
        client = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// The data plane's way to a channel. Called from its workers' threads.
private final class ChannelConnection: ClientConnection {
    private let channel: any Channel
    private let budget = ByteBudget()

    init(_ channel: any Channel) { self.channel = channel }

    func write(_ message: [UInt8]) {
        let size = message.count
        guard budget.reserve(size) else { return }
        channel.writeAndFlush(ByteBuffer(bytes: message)).whenComplete { [budget] _ in budget.release(size) }
    }

    func close() { channel.close(promise: nil) }
}
