import NetPrimitives
import STUN

/// Whether the peer still wants what is sent to it, and whether it is still there (RFC 7675).
///
/// Data may be sent for 30 s after an answer to a check. Checks themselves go on when an answer is late: first
/// as retransmissions, then as new transactions every 4 to 6 s, so that an outage that ends before the
/// application's patience does heals without a rendezvous. RFC 7675 §5.1 forbids data without consent, and
/// has an agent regain consent by a check that is authenticated anew: that is what each of these is, at a rate
/// of a hundred bytes a second and for `ConsentTiming.abandonment` at most. An ICE restart is the other way.
struct Consent: Sendable {
    /// Until when data may be sent.
    private(set) var expiresAt: Instant
    /// When anything authenticated came last.
    private(set) var lastHeardAt: Instant
    /// When the next new check is due.
    private(set) var nextCheckAt: Instant
    private var lastCheckAt: Instant?
    private(set) var isSilent = false
    private(set) var hasExpired = false
    /// The newest check is retransmitted; older ones may still be answered.
    private var checks: [ClientTransaction] = []
    /// Six seconds apart they cover more than consent lasts; older answers prove nothing any more.
    private static let checkLimit = 8

    /// What happened while time passed.
    enum Change: Hashable, Sendable {
        case silent(since: Instant)
        case expired
        case abandoned
    }

    init(at now: Instant, nextCheckAt: Instant, timing: ConsentTiming) {
        expiresAt = now + timing.lifetime
        lastHeardAt = now
        self.nextCheckAt = nextCheckAt
    }

    func isAwaiting(_ id: TransactionID) -> Bool { checks.contains { $0.id == id } }

    func nextDeadline(_ timing: ConsentTiming) -> Instant? {
        .earliest(
            nextCheckAt, checks.last?.nextDeadline, isSilent ? nil : lastHeardAt + timing.silence,
            hasExpired ? expiresAt + timing.abandonment : expiresAt)
    }

    // MARK: Checks

    mutating func began(_ check: ClientTransaction, nextCheckAt: Instant) {
        if checks.count >= Self.checkLimit { checks.removeFirst() }
        checks.append(check)
        lastCheckAt = check.startedAt
        self.nextCheckAt = nextCheckAt
    }

    /// Brings the next check forward, unless the last one was sent less than `interval` ago.
    mutating func hurry(to now: Instant, interval: Duration) {
        if let lastCheckAt, now - lastCheckAt < interval { return }
        nextCheckAt = min(nextCheckAt, now)
    }

    /// The request to send again, if one is due.
    mutating func retransmission(at now: Instant) -> [UInt8]? {
        guard let last = checks.indices.last, case .retransmit = checks[last].handleTimeout(at: now) else { return nil }
        return checks[last].request
    }

    // MARK: What comes from the peer

    /// Something authenticated came; true when that ends a silence.
    mutating func heard(at now: Instant) -> Bool {
        lastHeardAt = max(lastHeardAt, now)
        defer { isSilent = false }
        return isSilent
    }

    /// A check was answered; true when that restores a consent that had expired.
    mutating func answered(at now: Instant, timing: ConsentTiming) -> Bool {
        checks.removeAll()
        expiresAt = now + timing.lifetime
        defer { hasExpired = false }
        return hasExpired
    }

    // MARK: Time

    mutating func changes(at now: Instant, timing: ConsentTiming) -> [Change] {
        var changes: [Change] = []
        if !isSilent, lastHeardAt + timing.silence <= now {
            isSilent = true
            changes.append(.silent(since: lastHeardAt))
        }
        if !hasExpired, expiresAt <= now {
            hasExpired = true
            changes.append(.expired)
        }
        if hasExpired, expiresAt + timing.abandonment <= now { changes.append(.abandoned) }
        return changes
    }
}
