import NetPrimitives
import STUN

/// The checks that are on their way, in the order of sending, and cancelled ones that may still be answered.
///
/// A pair has one live check at most, so as many again are left for cancelled ones; a peer that keeps
/// triggering new checks makes the oldest cancelled one be forgotten.
struct OutstandingChecks: Sendable {
    /// What is to be done with a check whose time has come.
    enum Due: Sendable {
        case retransmit(Check)
        /// It is no longer outstanding.
        case givenUp(Check)
    }

    private var checks: [Check] = []
    private let limit: Int

    init(pairLimit: Int) { limit = 2 * max(pairLimit, 1) }

    var nextDeadline: Instant? { checks.lazy.compactMap(\.nextDeadline).min() }

    mutating func add(_ check: Check) {
        if checks.count >= limit { checks.remove(at: checks.firstIndex { $0.cancelledUntil != nil } ?? 0) }
        checks.append(check)
    }

    func contains(_ id: TransactionID) -> Bool { checks.contains { $0.transaction.id == id } }

    /// The check that an answer with this identifier belongs to; it is then no longer outstanding.
    mutating func take(_ id: TransactionID) -> Check? {
        checks.firstIndex { $0.transaction.id == id }.map { checks.remove(at: $0) }
    }

    /// RFC 8445 §7.3.1.4: no more retransmissions, no failure, but an answer counts until then.
    mutating func cancel(on key: PairKey, until instant: Instant) {
        for index in checks.indices where checks[index].key == key && checks[index].cancelledUntil == nil {
            checks[index].cancelledUntil = instant
        }
    }

    mutating func handleTimeout(at now: Instant) -> [Due] {
        var due: [Due] = []
        checks.removeAll { $0.cancelledUntil.map { $0 <= now } ?? false }
        for index in checks.indices where checks[index].cancelledUntil == nil {
            switch checks[index].transaction.handleTimeout(at: now) {
            case .wait: break
            case .retransmit: due.append(.retransmit(checks[index]))
            case .giveUp: due.append(.givenUp(checks[index]))
            }
        }
        checks.removeAll { $0.nextDeadline == nil }  // those given up
        return due
    }

    /// Forgets the checks of a pair that is no more.
    mutating func remove(on key: PairKey) { checks.removeAll { $0.key == key } }

    mutating func removeAll() { checks.removeAll() }
}
