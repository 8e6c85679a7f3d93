import NIOCore
import NetPrimitives
import PortMapping
import STUN

/// Has the relay try a port that a router opened for one of a peer connection's ports.
struct MappingProver: Sendable {
    /// The relay dials from the address that it is asked at: one for each family.
    private let dialBacks: [IPAddress.Family: DialBack]
    private let peer: PeerConnection

    /// nil when the relay does not dial back.
    init?(
        _ relay: RelayDiscovery.Relay, servers: [RelayServer], trust: RelayTrust, peer: PeerConnection, loop: any EventLoop
    ) {
        let addresses = Dictionary(servers.compactMap(\.ip).map { ($0.family, $0) }) { first, _ in first }
        dialBacks = addresses.compactMapValues { DialBack(relay, at: $0, trust: trust, loop: loop) }
        guard !dialBacks.isEmpty else { return nil }
        self.peer = peer
    }

    func prove(_ mapping: Mapping) async -> MappingProof {
        guard let dialBack = dialBacks[mapping.external.family] else { return .untested }
        let loop = peer.loop
        var expected: TransactionID?
        defer { expected.map { peer.calls.forget($0) } }
        let inbound = await dialBack.reach(mapping.transport, port: mapping.external.port, seenAt: mapping.external.ip) { nonce in
            expected = nonce
            let promise = loop.makePromise(of: TransportAddress.self)
            peer.calls.expect(nonce, promise)
            return promise.futureResult
        }
        switch inbound {
        case .open:
            return .reached
        case .refused, .filtered:
            return .unreached
        case .untested:
            // Why it is untested may be that the router is not where the relay sees us.
            let seen = await peer.reflexiveAddress(of: mapping.internal)
            return seen.flatMap { $0 == mapping.external.ip ? nil : .elsewhere($0) } ?? .untested
        }
    }
}
