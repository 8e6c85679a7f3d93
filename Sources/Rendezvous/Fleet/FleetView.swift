/// The nodes of a fleet that live, as one of them sees it, and which of them is whose home.
///
/// A name's home follows from the name and the list alone (rendezvous hashing, Thaler and Ravishankar 1998: the node whose hash
/// together with the name is the highest). So nothing is written when somebody comes or goes, every node gives the same answer, the
/// answer tells nothing of whether anybody is there, and a node that dies moves its own people and nobody else.
public struct FleetView: Hashable, Sendable {
    /// What clients of other nodes are told to connect to.
    public let here: RelayURL
    /// Those that stay, in the order of their text; `here` where there is no other.
    public let nodes: [RelayURL]
    /// Those that are being drained: whoever waits there is still met there, and nobody is at home there any more.
    public let leaving: Set<RelayURL>

    public init(here: RelayURL, others: some Sequence<RelayURL> = [], leaving: some Sequence<RelayURL> = []) {
        self.here = here
        self.leaving = Set(leaving)
        let staying = Set(others).union([here]).subtracting(self.leaving)
        nodes = staying.isEmpty ? [here] : staying.sorted { $0.description < $1.description }
    }

    /// Whether a client can be sent there.
    public func reaches(_ node: RelayURL) -> Bool { nodes.contains(node) || leaving.contains(node) }

    /// Any node that stays but this one; nil when there is none.
    public func another(using random: inout some RandomNumberGenerator) -> RelayURL? {
        nodes.filter { $0 != here }.randomElement(using: &random)
    }

    /// Where a person of that name is, when they are anywhere.
    public func home(of name: PersonName) -> RelayURL {
        var best = here
        var bestWeight: [UInt8] = []
        for node in nodes {
            let weight = Digest.sha256(CPace.lvCat(Array(node.description.utf8), Array(name.text.utf8)))
            if bestWeight.lexicographicallyPrecedes(weight) { (best, bestWeight) = (node, weight) }
        }
        return best
    }
}
