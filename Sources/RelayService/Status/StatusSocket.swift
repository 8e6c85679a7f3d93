import Glibc
import Logging
import NIOCore
import NIOPosix

/// Where `ra-relay status` asks: a UNIX socket in the state directory, its owner's alone. Whoever connects gets the
/// relay's status as one JSON object, and the end.
final class StatusSocket: Sendable {
    private let path: String
    private let channel: any Channel

    private init(path: String, channel: any Channel) {
        self.path = path
        self.channel = channel
    }

    /// nil when it cannot be opened: the log says why, and the relay serves without it.
    static func open(
        in state: StateDirectory, group: any EventLoopGroup, observer: RelayObserver, logger: Logger
    ) async -> StatusSocket? {
        do {
            let descriptor = try UnixSocket.listen(at: state.statusSocketPath)
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(StatusHandler(observer: observer))
                    }
                }
                .withBoundSocket(descriptor).get()
            return StatusSocket(path: state.statusSocketPath, channel: channel)
        } catch let error as SystemError where error.code == EADDRINUSE {
            logger.warning("another relay runs with this state directory: ra-relay status shows that one")
        } catch {
            logger.warning("ra-relay status will not find this relay", metadata: ["error": "\(error)"])
        }
        return nil
    }

    func close() async {
        unlink(path)
        try? await channel.close()
    }
}

/// Writes the status to a connection as soon as it is there.
private final class StatusHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let observer: RelayObserver

    init(observer: RelayObserver) { self.observer = observer }

    func channelActive(context: ChannelHandlerContext) {
        let (channel, observer) = (context.channel, observer)
        let written = channel.eventLoop.makeFutureWithTask {
            let json = try RelayStatus(await observer.snapshot()).json()
            try await channel.writeAndFlush(ByteBuffer(bytes: json)).get()
        }
        written.whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
