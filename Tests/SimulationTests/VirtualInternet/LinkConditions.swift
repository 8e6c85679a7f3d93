import NetPrimitives

/// What happens to a datagram between a host and the place it goes to. Two draws of the delay make reordering.
struct LinkConditions {
    var delay: ClosedRange<Duration> = .milliseconds(5)...(.milliseconds(25))
    /// 0...1.
    var loss = 0.0
    /// 0...1: how many datagrams arrive twice.
    var duplication = 0.0

    /// When the copies of one datagram arrive: none, one or two.
    func arrivals(at now: Instant, random: inout SeededGenerator) -> [Instant] {
        if loss > 0, Double.random(in: 0..<1, using: &random) < loss { return [] }
        let count = duplication > 0 && Double.random(in: 0..<1, using: &random) < duplication ? 2 : 1
        return (0..<count).map { _ in
            now
                + .nanoseconds(
                    Int64.random(in: delay.lowerBound.nanoseconds...delay.upperBound.nanoseconds, using: &random))
        }
    }
}
