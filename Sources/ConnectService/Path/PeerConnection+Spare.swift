import HostNetwork
import ICE
import Logging
import NetPrimitives
import Rendezvous

// An address at another node of the fleet, beside the one that carries the session. The agents keep a pair over it fresh.
extension PeerConnection {
    /// From now on there is a spare whenever the session runs over a relay. One side is enough: a relay permits by address, so
    /// the peer's checks reach it through whatever NAT is before the peer, where UDP gets out of there.
    ///
    /// - Parameter search: finds a node's TURN servers.
    func keepSpare(_ spare: SpareRelay, search: @escaping @Sendable (RelayURL) async throws -> NodeServers) {
        guard self.spare == nil, !isOver else { return }
        self.spare = spare
        searchNode = search
        noteCarrier(at: MonotonicClock.now())
        drain()
    }

    /// Data goes by another path, or by the first.
    func noteCarrier(at now: Instant) {
        guard let spare, let pair = agent.dataPair else { return }
        let node = pair.kind == .relayed ? leg(of: pair.source)?.spareNode ?? spare.home : nil
        self.spare?.carried(by: node, at: now)
    }

    /// Does what it is time for.
    func tendSpare(at now: Instant) {
        guard !isOver else { return }
        while let step = spare?.next(at: now) {
            switch step {
            case .ask(let node): Task { await self.openSpare(at: node) }
            case .letGo(let node):
                ClientLog.relay.debug("no spare address is needed", metadata: ["at": "\(node)"])
                for (number, leg) in legs where leg.spareNode == node { forgetLeg(number, leg, at: now) }
            }
        }
    }

    private func openSpare(at node: RelayURL) async {
        lastLeg += 1
        let number = lastLeg
        ClientLog.relay.debug("asked for a spare address", metadata: ["at": "\(node)"])
        do {
            guard let credentials = turnCredentials, let searchNode else { throw NoSpare() }
            let found = try await searchNode(node)
            guard let server = spareServer(of: found.servers) else { throw NoSpare() }
            let socket = try await RelayedLeg.Socket.open(to: server, trust: found.trust, loop: loop) { event in
                self.assumeIsolated { $0.received(event, onLeg: number) }
            }
            let leg = RelayedLeg(server: server, socket: socket, credentials: credentials, at: MonotonicClock.now())
            leg.spareNode = node
            guard !isOver, spare?.isWanted(node) == true else { return leg.close() }
            legs[number] = leg
        } catch {
            ClientLog.relay.debug("no spare address there", metadata: ["at": "\(node)", "why": "\(error)"])
            spare?.lost(node, at: MonotonicClock.now())
        }
        if !isOver { drain() }
    }

    /// Nothing at this node can be asked, or it is one that we have an address at.
    private struct NoSpare: Error {}

    /// The one that is reached as the best one is that gave us an address: what gets out of this network is known.
    private func spareServer(of servers: [RelayServer]) -> RelayServer? {
        let known = legs.values.filter { $0.relayed != nil && !$0.isOld }.map(\.server)
        guard let model = known.min(by: { $0.rank < $1.rank }) else { return nil }
        let alike = servers.filter { $0.isReached(as: model) }
        guard let server = alike.first(where: { $0.port == model.port }) ?? alike.first else { return nil }
        // A node may have two URLs.
        return known.contains { $0.host == server.host || $0.ip != nil && $0.ip == server.ip } ? nil : server
    }
}
