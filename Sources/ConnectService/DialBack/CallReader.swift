import NIOCore

/// Reads what a connection begins with, as far as a call is long, and closes it.
final class CallReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// A Binding request with FINGERPRINT.
    static let length = 28
    /// Whoever connects and says nothing does not hold a descriptor for long.
    private static let patience = TimeAmount.seconds(3)

    private let receive: ([UInt8]) -> Void
    private var buffer: [UInt8] = []
    private var timeout: Scheduled<Void>?

    init(receive: @escaping ([UInt8]) -> Void) { self.receive = receive }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        buffer += unwrapInboundIn(data).readableBytesView
        guard buffer.count >= Self.length else { return }
        receive(Array(buffer.prefix(Self.length)))
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
