import HostNetwork
import NIOCore
import NIOPosix

/// Calls when this host's addresses may have changed, for as long as it is kept open.
struct AddressWatch: Sendable {
    private let channel: any Channel
    /// A change comes as a handful of messages: the old address, the new one, its routes.
    private static let calm = TimeAmount.milliseconds(50)

    /// Nil where the system does not tell.
    ///
    /// - Parameters:
    ///   - changed: called on `loop`, once for each burst of changes.
    ///   - ended: called on `loop` when nothing more will come: closed, or more changes than the kernel keeps (ENOBUFS).
    static func open(
        loop: any EventLoop, changed: @escaping @Sendable () -> Void, ended: @escaping @Sendable () -> Void
    ) async -> AddressWatch? {
        guard let descriptor = NetworkWatch.open() else { return nil }
        let opened = try? await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ChangeHandler(calm: calm, changed: changed, ended: ended))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .get()
        if opened == nil { NetworkWatch.close(descriptor) }
        return opened.map(AddressWatch.init)
    }

    private init(_ channel: any Channel) { self.channel = channel }

    func close() { channel.close(promise: nil) }
}

/// Makes one call of what comes within a short time.
final class ChangeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let calm: TimeAmount
    private let changed: @Sendable () -> Void
    private let ended: @Sendable () -> Void
    private var isWaiting = false

    init(calm: TimeAmount, changed: @escaping @Sendable () -> Void, ended: @escaping @Sendable () -> Void) {
        self.calm = calm
        self.changed = changed
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isWaiting else { return }
        isWaiting = true
        context.eventLoop.assumeIsolated().scheduleTask(in: calm) { [self] in
            isWaiting = false
            changed()
        }
    }

    /// NIO closes the channel behind an error, and ENOBUFS is one.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }
}
