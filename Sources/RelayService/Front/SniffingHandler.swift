import NIOCore

/// Holds a connection's first bytes until they tell the protocol, then makes room for its handlers.
///
/// A connection that does not say what it is within `patience`, or says nothing we know, is closed.
final class SniffingHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let patience: TimeAmount
    private let install: (ProtocolSniffer.Verdict, ChannelHandlerContext) throws -> Void
    private var buffer = ByteBuffer()
    private var timeout: Scheduled<Void>?
    private var isDecided = false

    /// - Parameter install: adds the protocol's handlers behind this one, synchronously.
    init(
        patience: TimeAmount = .seconds(10),
        install: @escaping (ProtocolSniffer.Verdict, ChannelHandlerContext) throws -> Void
    ) {
        self.patience = patience
        self.install = install
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        buffer.writeImmutableBuffer(unwrapInboundIn(data))
        guard !isDecided else { return }
        let verdict = ProtocolSniffer.verdict(on: buffer.readableBytesView)
        switch verdict {
        case .needsMore:
            return
        case .unknown:
            isDecided = true
            context.close(promise: nil)
        case .tls, .http, .stun:
            isDecided = true
            timeout?.cancel()
            do {
                try install(verdict, context)
                context.fireChannelRead(wrapInboundOut(buffer))
                context.fireChannelReadComplete()
                context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            } catch {
                context.close(promise: nil)
            }
        }
    }
}
