import NetPrimitives

/// What one side has told the other about its addresses.
///
/// Both sides know both lists, and both know the same two addresses of a path: its own end of it each
/// learns from XOR-MAPPED-ADDRESS. So both come to the same `PathKind`, whatever NATs made of the ports.
struct SignalledAddresses: Sendable {
    private var hosts: Set<TransportAddress> = []
    private var mapped: Set<TransportAddress> = []
    private var relayed: Set<TransportAddress> = []

    mutating func insert(_ candidate: Candidate) {
        switch candidate.type {
        case .host: hosts.insert(candidate.address)
        case .relayed: relayed.insert(candidate.address)
        case .serverReflexive: if candidate.isMapped { mapped.insert(candidate.address) }
        case .peerReflexive: break
        }
    }

    /// The kind of the path whose ends are `local`, as the peer sees it, and `remote`, as this agent sees it.
    static func kind(
        local: TransportAddress, base: TransportAddress, of ours: SignalledAddresses,
        remote: TransportAddress, of theirs: SignalledAddresses
    ) -> PathKind {
        if ours.relayed.contains(local) || ours.relayed.contains(base) || theirs.relayed.contains(remote) {
            return .relayed
        }
        if ours.mapped.contains(local) || theirs.mapped.contains(remote) { return .mapped }
        return ours.hosts.contains(local) && theirs.hosts.contains(remote) ? .direct : .punched
    }
}
