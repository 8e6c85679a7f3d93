import NetPrimitives
import Rendezvous

/// Whether nodes that have not told of themselves may live nevertheless: for a moment after a database that was away, or that took
/// seconds for an answer, for then it was so for all of them.
struct BeatGrace {
    /// A beat that comes later than this after the one before: what kept it may have kept the others.
    static let patience = RelayNode.beat * 2

    /// When the database last answered.
    private var last: Instant?
    private var end: Instant?

    /// The database has answered at `now`: whether those that are known are still taken for alive.
    mutating func answered(at now: Instant) -> Bool {
        if let last, now - last > Self.patience { end = now + RelayNode.lifetime }
        last = now
        return end.map { now < $0 } ?? false
    }
}
