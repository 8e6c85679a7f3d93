import ICE
import NetPrimitives

extension VirtualInternet {
    var areConnected: Bool { peers.allSatisfy { $0.agent.selectedPair != nil } }

    /// What the two sides see differently, or that one sees no path; nil when all is well.
    var disagreement: String? {
        guard let left = peers[0].agent.selectedPair, let right = peers[1].agent.selectedPair else {
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
            let report = peer.agent.report.map {
                "  \($0.local)→\($0.remote) \($0.kind) \($0.result) \($0.elapsed?.milliseconds ?? -1) ms: \($0.why)"
            }
            return "peer \(peer.index) \(peer.agent.role):\n" + (events + report).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
