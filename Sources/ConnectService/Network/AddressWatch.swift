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
    /// - Parameter changed: called on `loop`, once for each burst of changes.
    static func open(loop: any EventLoop, changed: @escaping @Sendable () -> Void) async -> AddressWatch? {
        guard let descriptor = NetworkWatch.open() else { return nil }
        let opened = try? await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ChangeHandler(calm: calm, changed: changed))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .get()
        return opened.map(AddressWatch.init)
    }

    private init(_ channel: any Channel) { self.channel = channel }

    func close() { channel.close(promise: nil) }
}

private final class ChangeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let calm: TimeAmount
    private let changed: @Sendable () -> Void
    private var isWaiting = false

    init(calm: TimeAmount, changed: @escaping @Sendable () -> Void) {
        self.calm = calm
        self.changed = changed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isWaiting else { return }
        isWaiting = true
        context.eventLoop.assumeIsolated().scheduleTask(in: calm) { [self] in
            isWaiting = false
            changed()
        }
    }

    /// More changes than the socket could hold (ENOBUFS): one of them was a change.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { changed() }
}
