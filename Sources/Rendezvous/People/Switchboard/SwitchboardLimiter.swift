import NetPrimitives

/// How often one source may do what costs the relay, in a table of bounded size.
///
/// A source is a household. When the table is full, the half that is rested soonest is forgotten: they owe the least.
struct SwitchboardLimiter: Sendable {
    enum Act: Int, CaseIterable, Sendable { case identify, look, presence, call, newName }

    private struct Entry: Sendable {
        var limits: [RateLimit]
        func rested(before now: Instant) -> Bool { limits.allSatisfy { $0.rested <= now } }
        var rested: Instant { limits.reduce(limits[0].rested) { max($0, $1.rested) } }
    }

    private var allowances: [RateLimit.Allowance]
    private let capacity: Int
    private var entries: [IPAddress: Entry] = [:]

    init(_ configuration: SwitchboardConfiguration) {
        allowances = Self.allowances(configuration)
        capacity = max(2, configuration.maximumSources)
    }

    /// What a source owes it goes on owing.
    mutating func setRates(_ configuration: SwitchboardConfiguration) { allowances = Self.allowances(configuration) }

    var count: Int { entries.count }

    mutating func allows(_ act: Act, from source: IPAddress, at now: Instant) -> Bool {
        if entries[source] == nil, entries.count >= capacity { evict() }
        return entries[source, default: Entry(limits: Act.allCases.map { _ in RateLimit(at: now) })].limits[act.rawValue]
            .take(1, of: allowances[act.rawValue], at: now)
    }

    /// Forgets who owes nothing.
    mutating func sweep(at now: Instant) { entries = entries.filter { !$0.value.rested(before: now) } }

    private static func allowances(_ configuration: SwitchboardConfiguration) -> [RateLimit.Allowance] {
        Act.allCases.map { act in
            switch act {
            case .identify: .perMinute(configuration.identificationsPerMinute)
            case .look: .perMinute(configuration.looksPerMinute)
            case .presence: .perMinute(configuration.presencesPerMinute)
            case .call: .perMinute(configuration.callsPerMinute)
            case .newName:
                RateLimit.Allowance(
                    burst: configuration.newNamesPerHour, interval: .seconds(3600) / max(1, configuration.newNamesPerHour))
            }
        }
    }

    private mutating func evict() {
        let kept = entries.sorted { $0.value.rested > $1.value.rested }.prefix(capacity / 2)
        entries = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
