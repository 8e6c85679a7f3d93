public import NetPrimitives

/// The budgets of a process's users, from the first allocation to the last; and then until they are as good as new
/// again, as an allocation can be made anew at any time.
public struct TrafficBudgets: Sendable {
    /// Of users without allocations at most: beyond, they are forgotten early.
    public static let idleLimit = 16_384

    private struct Entry: Sendable {
        let budget = TrafficBudget()
        var holders = 0
    }

    private var entries: [String: Entry] = [:]
    /// Entries that nobody holds.
    private var idle = 0
    /// They are looked at when there are so many: seldom enough for what it costs.
    private var sweepAt = 64

    public init() {}

    public var count: Int { entries.count }

    /// Whether a user has allocations.
    public func isHeld(_ user: String) -> Bool { (entries[user]?.holders ?? 0) > 0 }

    /// A user's budget, held once more.
    public mutating func take(_ user: String, at now: Instant) -> TrafficBudget {
        if entries[user] == nil, idle >= sweepAt { sweep(at: now.nanoseconds) }
        if entries[user]?.holders == 0 { idle -= 1 }
        entries[user, default: Entry()].holders += 1
        return entries[user]?.budget ?? TrafficBudget()
    }

    public mutating func release(_ user: String) {
        guard let holders = entries[user]?.holders, holders > 0 else { return }
        entries[user]?.holders = holders - 1
        if holders == 1 { idle += 1 }
    }

    /// There are other rates: of users without allocations, too, what was taken at the former ones keeps nobody waiting.
    public func forgive(at now: Instant) {
        for entry in entries.values { entry.budget.forgive(at: now.nanoseconds) }
    }

    private mutating func sweep(at now: Int64) {
        entries = entries.filter { $0.value.holders > 0 || $0.value.budget.isBusy(at: now) }
        idle = entries.values.count { $0.holders == 0 }
        if idle >= Self.idleLimit {
            entries = entries.filter { $0.value.holders > 0 }
            idle = 0
        }
        sweepAt = min(max(64, 2 * idle), Self.idleLimit)
    }
}
