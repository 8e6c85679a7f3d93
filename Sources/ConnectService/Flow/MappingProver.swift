import NIOCore
import NetPrimitives
import PortMapping
import STUN

/// Has the relay try a port that a router opened for one of a peer connection's ports.
struct MappingProver: Sendable {
    private let dialBack: DialBack
    private let peer: PeerConnection

    /// nil when the relay does not dial back.
    init?(
        _ relay: RelayDiscovery.Relay, servers: [RelayServer], trust: RelayTrust, peer: PeerConnection, loop: any EventLoop
    ) {
        // It dials from the address that it is asked at: routers translate IPv4.
        guard let address = servers.lazy.compactMap(\.ip).first(where: { $0.family == .ipv4 }),
            let dialBack = DialBack(relay, at: address, trust: trust, loop: loop)
        else { return nil }
        self.dialBack = dialBack
        self.peer = peer
    }

    func prove(_ mapping: Mapping) async -> MappingProof {
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
