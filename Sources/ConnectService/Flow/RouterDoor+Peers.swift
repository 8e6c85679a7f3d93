package import NetPrimitives
import PortMapping
import Synchronization

// Where a router speaks PCP and opens no port to everybody, it may still say by which port of its own one peer sees us (PEER,
// RFC 6887 §12). Behind a NAT that takes another port for each destination nobody else can say that before the first packet is
// there: told of it, the peer sends to the right port, and its own NAT lets our packets in.
extension RouterDoor {
    /// The flows that routers are asked about.
    struct Peers {
        struct Flow: Hashable {
            var base: TransportAddress
            var remote: TransportAddress
        }

        /// The newest addresses of the peer's.
        private(set) var remotes: [TransportAddress] = []
        private var flows: [Flow: Task<Void, Never>] = [:]
        private var total = 0

        /// The peer's NATs and addresses that matter are a few.
        static let remoteLimit = 4
        /// A thread each.
        static let flowLimit = 8
        /// A peer may name any address, and each is something that the router has to remember.
        static let totalLimit = 64

        mutating func add(_ remote: TransportAddress) {
            guard !remotes.contains(remote) else { return }
            if remotes.count >= Self.remoteLimit {
                let oldest = remotes.removeFirst()
                for flow in flows.keys where flow.remote == oldest { end(flow) }
            }
            remotes.append(remote)
        }

        /// Whether there is room for one that is not there yet.
        func mayBegin(_ flow: Flow) -> Bool {
            flows[flow] == nil && flows.count < Self.flowLimit && total < Self.totalLimit
        }

        mutating func begin(_ flow: Flow, _ watching: Task<Void, Never>) {
            total += 1
            flows[flow] = watching
        }

        mutating func endAll() { for flow in flows.keys { end(flow) } }

        /// The base is gone, or its router.
        mutating func forget(_ base: TransportAddress) { for flow in flows.keys where flow.base == base { end(flow) } }

        private mutating func end(_ flow: Flow) { flows.removeValue(forKey: flow)?.cancel() }
    }

    /// It cannot be deleted, so that it is not asked for long; the mapper renews it.
    private static let lifetimeForOnePeer = Duration.seconds(120)

    /// The peer is at this address, or somebody says so.
    package func meets(_ remote: TransportAddress) {
        // IPv6 is not translated.
        guard transport == .udp, remote.family == .ipv4, ExternalReach(of: remote.ip) == .internet else { return }
        state.withLock { state in
            guard !state.isClosed else { return }
            state.peers.add(remote)
            askAboutPeers(&state)
        }
    }

    /// PCP is spoken there, and opens no port.
    func refused(_ number: Int) {
        state.withLock { state in
            state.ports[number]?.isRefused = true
            if !state.isClosed { askAboutPeers(&state) }
        }
    }

    private func askAboutPeers(_ state: inout State) {
        for port in state.ports.values where port.isRefused && port.open == nil && port.base.family == .ipv4 {
            for remote in state.peers.remotes {
                let flow = Peers.Flow(base: port.base, remote: remote)
                guard state.peers.mayBegin(flow) else { continue }
                let request = MappingRequest(
                    internalAddress: flow.base, transport: transport, lifetime: Self.lifetimeForOnePeer, remote: remote)
                // Nothing is written down: there is nothing to close. The task keeps the mapper, and ends with it.
                state.peers.begin(flow, Task { [mapper = makeMapper(request, nil), seen] in
                    for await event in mapper.events {
                        ClientLog.router.note(event, of: flow.base)
                        if case .mapped(let mapping) = event, mapping.reach == .internet {
                            await seen(mapping.external, flow.base, flow.remote)
                        }
                    }
                })
            }
        }
    }
}
