import HostNetwork
import ICE
import NetPrimitives

// What routers say of our ports.
extension PeerConnection {
    /// A port that the router opened for one of ours.
    func addMapped(external: TransportAddress, internal base: TransportAddress, transport: TransportProtocol = .udp) {
        switch transport {
        case .udp:
            guard sockets[base] != nil else { return }
            offer(.mapped(external, base: base, localPreference: localPreference(of: base)), at: MonotonicClock.now())
        case .tcp:
            guard doorAddresses.contains(base) else { return }
            offer(.mappedPassiveTCP(external, base: base), at: MonotonicClock.now())
        }
        drain()
    }

    /// Where the peer at `remote` sees one of our ports, as the router says.
    func addReflexive(external: TransportAddress, internal base: TransportAddress, seenFrom remote: TransportAddress) {
        guard sockets[base] != nil else { return }
        var candidate = Candidate.serverReflexive(
            external, base: base, server: remote.ip, localPreference: localPreference(of: base))
        // A flow's port says nothing of another flow's: no check has to wait for another one's end (RFC 8445 §6.1.2.6).
        candidate.foundation += "p\(external.port)"
        offer(candidate, at: MonotonicClock.now())
        drain()
    }

    /// How the relay sees one of our ports; nil when it was not asked or has not answered.
    func reflexiveAddress(of base: TransportAddress) -> IPAddress? {
        // A router has one address for all ports of a computer, and nobody is asked how a TCP port looks.
        reflexive[base] ?? reflexive.first { $0.key.ip == base.ip }?.value
    }
}
