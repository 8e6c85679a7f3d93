import ICE
import NetPrimitives

extension VirtualInternet {
    var areConnected: Bool { peers.allSatisfy { $0.agent.active.selectedPair != nil } }

    /// Whether both have agreed on one pair, which is of this kind.
    func isSettled(on kind: PathKind) -> Bool {
        disagreement == nil && peers.allSatisfy { $0.agent.active.selectedPair?.kind == kind }
    }

    /// Whether what each side would send now arrives at the other, as the network stands: nothing is sent or lost by asking.
    var carriesData: Bool {
        var copy = self
        let mark: [UInt8] = [0xFD]
        for index in [0, 1] { copy.sendData(mark, from: index) }
        let before = copy.peers.map { $0.received.count { $0 == mark } }
        copy.run(for: .milliseconds(400))
        return zip(copy.peers, before).allSatisfy { peer, count in peer.received.count { $0 == mark } > count }
    }

    /// What the two sides see differently, or that one sees no path; nil when all is well.
    var disagreement: String? {
        guard let left = peers[0].agent.active.selectedPair, let right = peers[1].agent.active.selectedPair else {
            return "not connected"
        }
        if left.kind != right.kind { return "kinds differ" }
        if left.local.address != right.remote.address || left.remote.address != right.local.address {
            return "pairs differ"
        }
        return nil
    }

    /// What happened, for a failed expectation.
    var story: String {
        peers.map { peer in
            let events = peer.events.map { "\($0.at.nanoseconds / 1_000_000) ms \($0.event)" }
            let report = peer.agent.active.report(at: now).map {
                "  \($0.local)→\($0.remote) \($0.kind) \($0.result) \($0.elapsed?.milliseconds ?? -1) ms: \($0.why)"
            }
            return "peer \(peer.index) \(peer.agent.active.role):\n" + (events + report).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
