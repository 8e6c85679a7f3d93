import NIOCore
import Rendezvous

/// Where a client looks for its relay again that is lost: first where the person said, then at the other nodes of its fleet.
struct FleetRoute: Sendable {
    /// How long any one way to a node may take while there are others. The next one is asked meanwhile (`NodeRace`).
    static let patience = TimeAmount.seconds(2)
    /// Nodes that are tried, of as many as a relay names.
    private static let maximumNodes = 16

    /// What the person gave.
    let first: RelayURL
    /// As the relay has said last.
    private var nodes: [RelayURL] = []

    init(_ first: RelayURL) { self.first = first }

    /// Takes note of a fleet's nodes; what was asked with TLS is never asked without.
    mutating func learn(_ description: RelayDescription) {
        guard let named = description.nodes, !named.isEmpty else { return }
        nodes = named.compactMap { RelayURL($0) }.filter { $0 != first && ($0.isSecure || !first.isSecure) }
    }

    /// All of them once, in the order in which they are to be tried: what was given and then the others, but the one that was just
    /// lost comes last, as it may have died.
    ///
    /// - Parameter preferred: one that another node has named comes before them all.
    func round(
        preferring preferred: RelayURL? = nil, after former: RelayURL? = nil, using random: inout some RandomNumberGenerator
    ) -> [RelayURL] {
        let all = [first] + nodes.shuffled(using: &random).prefix(Self.maximumNodes)
        let begin = preferred.map { [$0] } ?? []
        let end = all.filter { $0 == former && $0 != preferred }
        return begin + all.filter { $0 != former && $0 != preferred } + end
    }

    /// All in any order, for who wants another than the one that there is.
    func shuffled(using random: inout some RandomNumberGenerator) -> [RelayURL] { ([first] + nodes).shuffled(using: &random) }

    var hasOthers: Bool { !nodes.isEmpty }
}
