/// Where the nodes of a fleet tell of themselves, and learn of each other. Every call is synchronous and may throw what its database
/// throws.
public protocol NodeStore: Sendable {
    /// Writes down that a node lives; all that do, itself among them. One of which nothing was heard for `RelayNode.lifetime`, by the
    /// store's clock, does not.
    mutating func beat(_ node: RelayNode) throws -> [RelayNode]
    /// It is no more.
    mutating func remove(_ node: RelayURL) throws
}

/// One relay of a fleet, as the others know it.
public struct RelayNode: Hashable, Sendable {
    /// How often a node tells that it lives.
    public static let beat: Duration = .seconds(1)
    /// Two beats may be lost: what is dead is seen within this. A client of it has ten seconds to be at another node, and for as long as the
    /// others take it for alive they send it back there (Benchmarks/fleet: with twice these times a third of them were late).
    public static let lifetime: Duration = .seconds(3)

    public let url: RelayURL
    /// It is being drained: whoever is there stays for a while, and nobody is at home there any more.
    public let isLeaving: Bool

    public init(url: RelayURL, isLeaving: Bool = false) {
        self.url = url
        self.isLeaving = isLeaving
    }
}
