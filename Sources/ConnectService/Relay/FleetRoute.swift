import NIOCore
import Rendezvous

/// Where a client looks for its relay again that is lost: first where the person said, then at the other nodes of its fleet.
struct FleetRoute: Sendable {
    /// How long any one way to a node may take while there are others: two dead ones are passed by within ten seconds.
    static let patience = TimeAmount.seconds(2)
    /// Nodes that are tried, of as many as a relay names.
    private static let maximumNodes = 16

    /// What the person gave.
    let first: RelayURL
    /// As the relay has said last.
    private var nodes: [RelayURL] = []
    private var waiting: [RelayURL] = []

    init(_ first: RelayURL) { self.first = first }

    /// Takes note of a fleet's nodes; what was asked with TLS is never asked without.
    mutating func learn(_ description: RelayDescription) {
        guard let named = description.nodes, !named.isEmpty else { return }
        nodes = named.compactMap { RelayURL($0) }.filter { $0 != first && ($0.isSecure || !first.isSecure) }
    }

    /// The next one to try, round after round.
    mutating func next(using random: inout some RandomNumberGenerator) -> RelayURL {
        if waiting.isEmpty { waiting = [first] + nodes.shuffled(using: &random).prefix(Self.maximumNodes) }
        return waiting.removeFirst()
    }

    /// Begins with that one, and from the beginning after it.
    mutating func restart(with preferred: RelayURL? = nil) { waiting = preferred.map { [$0] } ?? [] }

    /// Whether all were tried.
    var isRoundOver: Bool { waiting.isEmpty }
    var hasOthers: Bool { !nodes.isEmpty }
}
