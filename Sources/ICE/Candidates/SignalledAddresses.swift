import NetPrimitives

/// What one side has told the other about its addresses.
///
/// Both sides know both lists, and both know the same two addresses of a path: its own end of it each
/// learns from XOR-MAPPED-ADDRESS. So both come to the same `PathKind`, whatever NATs made of the ports.
struct SignalledAddresses: Sendable {
    private var hosts: Set<Candidate.Place> = []
    private var mapped: Set<Candidate.Place> = []
    private var relayed: Set<Candidate.Place> = []
    /// Hosts that open connections: from which port shows only when they have.
    private var active: Set<IPAddress> = []

    mutating func insert(_ candidate: Candidate) {
        let entry = candidate.place
        switch candidate.type {
        case .host where candidate.tcpType == .active: active.insert(candidate.address.ip)
        case .host: hosts.insert(entry)
        case .relayed: relayed.insert(entry)
        case .serverReflexive: if candidate.isMapped { mapped.insert(entry) }
        case .peerReflexive: break
        }
    }

    /// Forgets what was told of a candidate's address.
    mutating func remove(_ candidate: Candidate) {
        hosts.remove(candidate.place)
        mapped.remove(candidate.place)
        relayed.remove(candidate.place)
        if candidate.tcpType == .active { active.remove(candidate.address.ip) }
    }

    private func hasHost(_ entry: Candidate.Place) -> Bool {
        hosts.contains(entry) || entry.transport == .tcp && active.contains(entry.address.ip)
    }

    /// The kind of the path whose ends are `local`, as the peer sees it, and `remote`, as this agent sees it.
    static func kind(
        local: TransportAddress, base: TransportAddress, of ours: SignalledAddresses,
        remote: TransportAddress, of theirs: SignalledAddresses, transport: CandidateTransport
    ) -> PathKind {
        let (local, base, remote) = (
            Candidate.Place(transport: transport, address: local), Candidate.Place(transport: transport, address: base),
            Candidate.Place(transport: transport, address: remote)
        )
        if ours.relayed.contains(local) || ours.relayed.contains(base) || theirs.relayed.contains(remote) {
            return .relayed
        }
        if ours.mapped.contains(local) || theirs.mapped.contains(remote) { return .mapped }
        return ours.hasHost(local) && theirs.hasHost(remote) ? .direct : .punched
    }
}
