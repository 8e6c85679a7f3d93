import NetPrimitives

/// Bounds how fast a user gets permissions for addresses that the allocation had none for: who scans the internet needs
/// many, and a permission lasts five minutes, but an allocation can be made anew at any time.
///
/// A token bucket: full at first, so that many allocations can begin at once.
struct NewPeerBudget: Sendable {
    /// As many as a user may have allocations, when nothing else is configured.
    static let burst = 1000.0

    private var level = NewPeerBudget.burst
    private var at: Instant?

    /// Takes `count` addresses, or none of them.
    ///
    /// - Parameter rate: addresses per second; 0: no bound.
    mutating func take(_ count: Int, rate: Int, at now: Instant) -> Bool {
        guard rate > 0 else { return true }
        refill(rate, at: now)
        guard level >= Double(count) else { return false }
        level -= Double(count)
        return true
    }

    /// Whether it is as good as a new one.
    mutating func isFull(rate: Int, at now: Instant) -> Bool {
        guard rate > 0 else { return true }
        refill(rate, at: now)
        return level == Self.burst
    }

    private mutating func refill(_ rate: Int, at now: Instant) {
        let elapsed = at.map { now - $0 } ?? .zero
        level = min(Self.burst, level + max(0, elapsed / .seconds(1)) * Double(rate))
        at = now
    }
}
