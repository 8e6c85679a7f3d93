import CLinuxNet
import Glibc
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives
import Relay
import Synchronization

/// A relayed TCP port that listens for peers (RFC 6062 §5.3); it ends with its owner.
final class PeerListener: Sendable {
    /// What may wait for our accept.
    private static let backlog: Int32 = 64

    /// Where it listens, and where connections to peers leave from; may be the wildcard.
    let address: TransportAddress
    /// What peers see.
    let shown: TransportAddress
    /// What its allocation has carried.
    let traffic = TrafficBudget()
    private let channel: EventLoopFuture<any Channel>

    /// - Parameter arrived: called on the event loop of each connection.
    init(
        bind address: TransportAddress, shown: TransportAddress, group: any EventLoopGroup, memory: StreamMemory,
        arrived: @escaping @Sendable (PeerStream, TransportAddress, PeerListener) -> Void
    ) throws(SystemError) {
        let descriptor = ra_tcp_listener(ra_address(PackedAddress(address)), Self.backlog)
        guard descriptor >= 0 else { throw .current }
        self.address = address
        self.shown = shown
        let owner = Owner()
        channel = ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let peer = channel.remoteAddress.flatMap(TransportAddress.init), let listener = owner.listener
                    else { throw ChannelError.unknownLocalAddress }
                    try channel.pipeline.syncOperations.addHandler(StreamJoint(of: channel, in: memory))
                    arrived(PeerStream(channel), peer, listener)
                }
            }
            .withBoundSocket(descriptor)
        owner.set(self)
    }

    deinit { channel.whenSuccess { $0.close(promise: nil) } }

    /// Names the listener to its own connections, without keeping it.
    private final class Owner: Sendable {
        private struct Reference { weak var listener: PeerListener? }
        private let reference = Mutex(Reference())

        var listener: PeerListener? { reference.withLock { $0.listener } }
        func set(_ listener: PeerListener) { reference.withLock { $0.listener = listener } }
    }
}
