/// The generic cell rate algorithm: a bound on how much may happen, in one instant of memory.
///
/// What happened is kept as the instant at which all of it would be paid off; a burst may run ahead of now
/// by so much and no more.
public struct RateLimit: Hashable, Sendable {
    /// What may happen at once, and how long one unit takes to come back.
    public struct Allowance: Hashable, Sendable {
        public var burst: Int
        public var interval: Duration

        public init(burst: Int, interval: Duration) {
            self.burst = burst
            self.interval = interval
        }

        public static func perMinute(_ count: Int) -> Allowance {
            Allowance(burst: count, interval: .seconds(60) / max(1, count))
        }
    }

    private var paidOff: Instant

    public init(at now: Instant) { paidOff = now }

    /// Whether `units` more fit now; takes them if so.
    public mutating func take(_ units: Int, of allowance: Allowance, at now: Instant) -> Bool {
        let due = max(paidOff, now) + allowance.interval * units
        guard due - now <= allowance.interval * allowance.burst else { return false }
        paidOff = due
        return true
    }

    /// Whether nothing is owed any more, so that forgetting this changes nothing.
    public func isRested(at now: Instant) -> Bool { paidOff <= now }

    /// When it will be rested.
    public var rested: Instant { paidOff }
}
