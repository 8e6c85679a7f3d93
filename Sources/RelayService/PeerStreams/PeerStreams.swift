import Glibc
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives
import Relay
import Synchronization
import TURN

/// The connections with peers of all TCP allocations, by CONNECTION-ID (RFC 6062). Call from any thread.
///
/// There are no more than `ConnectionRegistry.limit`, as each has an id from there.
final class PeerStreams: Sendable {
    /// Longer than the machine waits, which decides.
    private static let connectTimeout = TimeAmount.seconds(40)

    private struct State {
        var streams: [ConnectionID: PeerStream] = [:]
        var isStopped = false
        var ending: [EventLoopFuture<Void>] = []
    }

    private let group: any EventLoopGroup
    private let state = Mutex(State())

    private let total: TrafficBudget
    private let limits: CurrentTrafficLimits
    private let memory: StreamMemory

    init(_ group: any EventLoopGroup, total: TrafficBudget, limits: TrafficLimits, memory: StreamMemory) {
        self.group = group
        self.memory = memory
        self.total = total
        self.limits = CurrentTrafficLimits(limits)
    }

    /// Other limits, for connections that are there as well.
    func setLimits(_ limits: TrafficLimits) { self.limits.set(limits) }

    /// What a listener's connections may carry.
    ///
    /// - Parameter user: the budget of the user whose listener it is.
    func traffic(of listener: PeerListener, user: TrafficBudget) -> StreamTraffic {
        StreamTraffic(allocation: listener.traffic, user: user, total: total, limits: limits)
    }

    /// Listens at an address for a worker.
    func listen(
        at address: TransportAddress, shown: TransportAddress, port: RelayedPort, mailbox: Mailbox<WorkerMessage>
    ) throws(SystemError) -> PeerListener {
        try PeerListener(bind: address, shown: shown, group: group, memory: memory) { stream, peer, listener in
            // Not vital: a flood of connections is closed, as the worker would.
            if !mailbox.post(.stream(.arrived(stream, from: peer, listener, port))) { stream.close() }
        }
    }

    /// Connects to a peer from a relayed port, and tells the worker.
    func connect(
        _ id: ConnectionID, from listener: PeerListener, to peer: TransportAddress, traffic: StreamTraffic,
        mailbox: Mailbox<WorkerMessage>
    ) {
        let failed = WorkerMessage.stream(.failed(id))
        guard let local = try? SocketAddress(listener.address), let remote = try? SocketAddress(peer) else {
            mailbox.post(failed, isVital: true)
            return
        }
        ClientBootstrap(group: group)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connectTimeout(Self.connectTimeout)
            .channelInitializer { [memory] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamJoint(of: channel, in: memory))
                }
            }
            .bind(to: local)
            .connect(to: remote)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    let stream = PeerStream(channel)
                    stream.traffic = traffic
                    self.add(stream, id, mailbox: mailbox)
                    mailbox.post(.stream(.connected(id)), isVital: true)
                case .failure:
                    mailbox.post(failed, isVital: true)
                }
            }
    }

    /// Keeps a stream under its id until it is closed, which the worker is told.
    func add(_ stream: PeerStream, _ id: ConnectionID, mailbox: Mailbox<WorkerMessage>) {
        let isStopped = state.withLock { state in
            state.streams[id] = stream
            return state.isStopped
        }
        if isStopped { stream.close() }
        stream.channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                if state.streams[id] === stream { state.streams[id] = nil }
            }
            mailbox.post(.stream(.closed(id)), isVital: true)
        }
    }

    subscript(id: ConnectionID) -> PeerStream? { state.withLock { $0.streams[id] } }

    /// Closes all of them, and what comes later.
    func stop() {
        let streams = state.withLock { state in
            state.isStopped = true
            state.ending += state.streams.values.flatMap(\.closeFutures)
            return Array(state.streams.values)
        }
        for stream in streams { stream.close() }
    }

    /// Returns when what `stop` closed is closed, at both ends: each speaks to the other's event loop until then.
    func ended() async {
        for future in state.withLock(\.ending) { try? await future.get() }
    }
}
