/// The nodes of a fleet that live, as one of them sees it, and which of them is whose home.
///
/// A name's home follows from the name and the list alone (rendezvous hashing, Thaler and Ravishankar 1998: the node whose hash
/// together with the name is the highest). So nothing is written when somebody comes or goes, every node gives the same answer, the
/// answer tells nothing of whether anybody is there, and a node that dies moves its own people and nobody else.
public struct FleetView: Hashable, Sendable {
    /// What clients of other nodes are told to connect to.
    public let here: RelayURL
    /// In the order of their text, with `here` in it.
    public let nodes: [RelayURL]

    public init(here: RelayURL, others: some Sequence<RelayURL> = []) {
        self.here = here
        nodes = Set(others).union([here]).sorted { $0.description < $1.description }
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
