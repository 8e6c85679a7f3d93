import NetPrimitives

/// When the controlling agent stops looking for something better (RFC 8445 §8.1.1 leaves it to us).
///
/// A direct path is preferred to a mapped one, to a punched one, to a relayed one; among equals the pair's
/// priority decides, and with it UDP before TCP at the relayed candidates' first leg.
public struct NominationPolicy: Sendable, Hashable {
    /// From the first valid pair that is not relayed, while a better one is still possible. A direct path,
    /// where there is one, is not longer than the punched one beside it, and has 300 ms to answer a
    /// retransmitted check.
    public var patience: Duration = .milliseconds(300)
    /// From the first valid relayed pair, while others are still being checked: time for the checks of both
    /// sides to cross, lost ones included (250 and 500 ms later).
    public var relayedPatience: Duration = .milliseconds(800)
    /// The same, while one side is still gathering: a router takes a second to answer UPnP's search, and a
    /// relayed path is for the whole session.
    public var relayedGatheringPatience: Duration = .milliseconds(1500)

    public init() {}

    /// What is known when a decision is due.
    struct Situation {
        /// The kind of the best valid pair.
        var best: PathKind
        var firstValidAt: Instant
        /// A pair that is still being checked could become better than that.
        var isBetterPending: Bool
        /// Either side may still bring candidates.
        var isGathering: Bool
    }

    /// When the best valid pair is to be nominated: now, or at a later instant if nothing changes before.
    func nominationTime(_ situation: Situation, now: Instant) -> Instant {
        guard situation.isBetterPending || situation.isGathering && situation.best != .direct else { return now }
        let patience =
            switch (situation.best, situation.isGathering) {
            case (.relayed, true): relayedGatheringPatience
            case (.relayed, false): relayedPatience
            case (.direct, _), (.mapped, _), (.punched, _): self.patience
            }
        return situation.firstValidAt + patience
    }
}
