public import NetPrimitives

/// Counts relayed addresses, and ports held for later: per user, per client address and in all.
public struct QuotaLedger: Sendable {
    public struct Limits: Hashable, Sendable {
        /// A helper and a sharer need a handful; a load test with one user needs more.
        public var perUser: Int
        /// Of a user whose name the rendezvous made, for one invitation: two people, over every port there is.
        public var perInvitation: Int
        /// Of one IPv4 address or IPv6 /64: a company, or a carrier's NAT, has many people behind one.
        public var perAddress: Int
        /// Open files are what runs out first: 20,000 a process on a common host.
        public var total: Int
        /// Addresses per second that a user gets permissions for, where there was none; 0: no bound.
        public var newPeersPerSecond: Int

        /// What the names of invitations begin with, and nobody else's.
        public static let invitationPrefix = "i-"

        public init(perUser: Int = 1000, perInvitation: Int = 16, perAddress: Int = 1000, total: Int = 8000,
            newPeersPerSecond: Int = 100
        ) {
            self.perUser = perUser
            self.perInvitation = perInvitation
            self.perAddress = perAddress
            self.total = total
            self.newPeersPerSecond = newPeersPerSecond
        }
    }

    public enum Verdict: Hashable, Sendable {
        case granted
        /// 486: the user's, or the client address's.
        case holderIsFull
        /// 508.
        case relayIsFull
    }

    /// May be made smaller than what is there: then nothing more is granted until enough has ended.
    public var limits: Limits
    public private(set) var total = 0
    private var byUser: [String: Int] = [:]
    private var bySource: [IPAddress: Int] = [:]
    private var newPeers: [String: NewPeerBudget] = [:]

    public init(limits: Limits = Limits()) { self.limits = limits }

    public func count(of user: String) -> Int { byUser[user] ?? 0 }
    public func count(of source: IPAddress) -> Int { bySource[source] ?? 0 }

    /// Takes one; only `.granted` counts it.
    public mutating func take(for holder: QuotaHolder) -> Verdict {
        guard total < limits.total else { return .relayIsFull }
        let limit = holder.user.hasPrefix(Limits.invitationPrefix) ? limits.perInvitation : limits.perUser
        guard count(of: holder.user) < limit, count(of: holder.source) < limits.perAddress else { return .holderIsFull }
        charge(holder)
        return .granted
    }

    /// Gives one back.
    public mutating func release(for holder: QuotaHolder) {
        guard let user = byUser[holder.user], let source = bySource[holder.source] else { return }
        total -= 1
        byUser[holder.user] = user > 1 ? user - 1 : nil
        bySource[holder.source] = source > 1 ? source - 1 : nil
    }

    /// What one held for later, another has now; that there is room was seen when it was taken.
    public mutating func transfer(from former: QuotaHolder, to holder: QuotaHolder) {
        release(for: former)
        charge(holder)
    }

    // MARK: New peers

    /// Budgets at most; those that are full again make room. Without room a user waits for one.
    public static let budgetLimit = 16_384

    /// Takes so many addresses from a user's budget, or none.
    public mutating func takeNewPeers(_ count: Int, for user: String, at now: Instant) -> Bool {
        let rate = limits.newPeersPerSecond
        guard rate > 0 else { return true }
        if newPeers[user] == nil, newPeers.count >= Self.budgetLimit {
            newPeers = newPeers.filter { entry in
                var budget = entry.value
                return !budget.isFull(rate: rate, at: now)
            }
            guard newPeers.count < Self.budgetLimit else { return false }
        }
        return newPeers[user, default: NewPeerBudget()].take(count, rate: rate, at: now)
    }

    private mutating func charge(_ holder: QuotaHolder) {
        total += 1
        byUser[holder.user, default: 0] += 1
        bySource[holder.source, default: 0] += 1
    }
}
