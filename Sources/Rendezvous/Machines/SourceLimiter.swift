import NetPrimitives

/// How often one source may look up, invite and come back, in a table of bounded size.
///
/// A source is a household. When the table is full, the half that is rested soonest is forgotten: they owe the least.
struct SourceLimiter: Sendable {
    enum Act: Sendable { case lookup, invitation, rejoin }

    private struct Entry: Sendable {
        var lookups: RateLimit
        var invitations: RateLimit
        var rejoins: RateLimit
        var rested: Instant { max(lookups.rested, invitations.rested, rejoins.rested) }
    }

    private(set) var lookups: RateLimit.Allowance
    private(set) var invitations: RateLimit.Allowance
    private(set) var rejoins: RateLimit.Allowance
    let capacity: Int
    private var entries: [IPAddress: Entry] = [:]

    init(lookupsPerMinute: Int, invitationsPerMinute: Int, rejoinsPerMinute: Int, capacity: Int) {
        lookups = .perMinute(lookupsPerMinute)
        invitations = .perMinute(invitationsPerMinute)
        rejoins = .perMinute(rejoinsPerMinute)
        self.capacity = max(2, capacity)
    }

    /// What a source owes it goes on owing.
    mutating func setRates(lookupsPerMinute: Int, invitationsPerMinute: Int, rejoinsPerMinute: Int) {
        lookups = .perMinute(lookupsPerMinute)
        invitations = .perMinute(invitationsPerMinute)
        rejoins = .perMinute(rejoinsPerMinute)
    }

    var count: Int { entries.count }

    mutating func allows(_ act: Act, from source: IPAddress, at now: Instant) -> Bool {
        let key = source.household
        if entries[key] == nil, entries.count >= capacity { evict() }
        let rested = RateLimit(at: now)
        var entry = entries[key] ?? Entry(lookups: rested, invitations: rested, rejoins: rested)
        let allowed =
            switch act {
            case .lookup: entry.lookups.take(1, of: lookups, at: now)
            case .invitation: entry.invitations.take(1, of: invitations, at: now)
            case .rejoin: entry.rejoins.take(1, of: rejoins, at: now)
            }
        entries[key] = entry
        return allowed
    }

    /// Forgets who owes nothing.
    mutating func sweep(at now: Instant) { entries = entries.filter { $0.value.rested > now } }

    private mutating func evict() {
        let kept = entries.sorted { $0.value.rested > $1.value.rested }.prefix(capacity / 2)
        entries = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
