/// Counts allocations, per user and in all.
public struct QuotaLedger: Sendable {
    public struct Limits: Hashable, Sendable {
        /// A helper and a sharer need a handful; a load test with one user needs more.
        public var perUser: Int
        /// Of a user whose name the rendezvous made, for one invitation: two people, over every port there is.
        public var perInvitation = 16
        /// Open files are what runs out first: 20,000 a process on a common host.
        public var total: Int

        /// What the names of invitations begin with, and nobody else's.
        public static let invitationPrefix = "i-"

        public init(perUser: Int = 1000, total: Int = 8000) {
            self.perUser = perUser
            self.total = total
        }
    }

    public enum Verdict: Hashable, Sendable {
        case granted
        /// 486.
        case userIsFull
        /// 508.
        case relayIsFull
    }

    public let limits: Limits
    public private(set) var total = 0
    private var perUser: [String: Int] = [:]

    public init(limits: Limits = Limits()) { self.limits = limits }

    public func count(of user: String) -> Int { perUser[user] ?? 0 }

    /// Takes one allocation of a user's; only `.granted` counts it.
    public mutating func take(for user: String) -> Verdict {
        guard total < limits.total else { return .relayIsFull }
        let limit = user.hasPrefix(Limits.invitationPrefix) ? limits.perInvitation : limits.perUser
        guard count(of: user) < limit else { return .userIsFull }
        total += 1
        perUser[user, default: 0] += 1
        return .granted
    }

    /// Gives one back.
    public mutating func release(for user: String) {
        guard let count = perUser[user] else { return }
        total -= 1
        perUser[user] = count > 1 ? count - 1 : nil
    }
}
