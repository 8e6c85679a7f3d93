import NetPrimitives

/// How often each source was dialled back, in a table of bounded size.
///
/// A source is a neighbourhood, a /24 or /56. When the table is full, the half that is rested soonest is forgotten: they owe the least.
struct DialBackSources: Sendable {
    private struct Source: Sendable {
        var rate: RateLimit
        var underWay = 0
    }

    private let limits: DialBackLimits
    private var sources: [IPAddress: Source] = [:]

    init(_ limits: DialBackLimits) { self.limits = limits }

    var count: Int { sources.count }

    /// Counts a dial in; what was admitted is given back by `end`.
    mutating func begin(_ address: IPAddress, at now: Instant) throws(DialBackRefusal) {
        let key = address.neighbourhood
        if sources[key] == nil, sources.count >= limits.sources { evict() }
        var source = sources[key] ?? Source(rate: RateLimit(at: now))
        guard source.underWay < limits.underWayPerSource else { throw .busy }
        guard source.rate.take(1, of: limits.perSource, at: now) else { throw .rate }
        source.underWay += 1
        sources[key] = source
    }

    mutating func end(_ address: IPAddress) {
        // One that was forgotten meanwhile has nothing to be given back.
        let key = address.neighbourhood
        guard let count = sources[key]?.underWay, count > 0 else { return }
        sources[key]?.underWay = count - 1
    }

    private mutating func evict() {
        let kept = sources.sorted { $0.value.rate.rested > $1.value.rate.rested }.prefix(limits.sources / 2)
        sources = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
