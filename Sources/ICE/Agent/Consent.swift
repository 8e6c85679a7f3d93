import NetPrimitives
import STUN

/// Whether the peer takes what is sent to it on one pair (RFC 7675 §5.1), and how sure that is just now.
///
/// Data may be sent for 30 s after an answer to a check. Checks themselves go on when an answer is late: first
/// as retransmissions, then as new transactions, so that an outage that ends before the application's patience
/// does heals without a rendezvous. RFC 7675 §5.1 forbids data without consent, and has an agent regain consent by
/// a check that is authenticated anew: that is what each of these is, at a few hundred bytes a second and for
/// `ConsentTiming.abandonment` at most.
struct Consent: Sendable {
    /// Until when data may be sent.
    private(set) var expiresAt: Instant
    /// When anything authenticated came last on this pair.
    private(set) var lastHeardAt: Instant
    private(set) var lastAnsweredAt: Instant
    /// How long the last answer was waited for: over a stream also behind what was queued.
    private(set) var lastWait = Duration.zero
    /// When the first check was sent that no answer has followed.
    private(set) var unansweredSince: Instant?
    private var nextCheckAt: Instant
    private var lastCheckAt: Instant?
    /// The newest check is retransmitted; older ones may still be answered.
    private var checks: [ClientTransaction] = []
    /// Six seconds apart they cover more than consent lasts; older answers prove nothing any more.
    private static let checkLimit = 8

    /// - Parameter answeredAt: when the pair was answered last.
    init(at answeredAt: Instant, nextCheckAt: Instant, timing: ConsentTiming) {
        expiresAt = answeredAt + timing.lifetime
        lastHeardAt = answeredAt
        lastAnsweredAt = answeredAt
        self.nextCheckAt = nextCheckAt
    }

    func isAwaiting(_ id: TransactionID) -> Bool { checks.contains { $0.id == id } }

    /// When the next new check is due.
    ///
    /// - Parameter isWatched: whether data flows on this pair, so that its death has to be noticed.
    func checkDueAt(_ timing: ConsentTiming, isWatched: Bool) -> Instant {
        guard isWatched, let liveness = timing.liveness, unansweredSince == nil else { return nextCheckAt }
        return min(nextCheckAt, lastHeardAt + liveness)
    }

    func nextDeadline(_ timing: ConsentTiming, isWatched: Bool) -> Instant? {
        .earliest(checkDueAt(timing, isWatched: isWatched), checks.last?.nextDeadline)
    }

    // MARK: Checks

    mutating func began(_ check: ClientTransaction, nextCheckAt: Instant) {
        if checks.count >= Self.checkLimit { checks.removeFirst() }
        checks.append(check)
        lastCheckAt = check.startedAt
        unansweredSince = unansweredSince ?? check.startedAt
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

    mutating func heard(at now: Instant) { lastHeardAt = max(lastHeardAt, now) }

    /// - Parameter nextCheckAt: when consent is to be asked for again; nil leaves it as it was planned.
    mutating func answered(at now: Instant, nextCheckAt: Instant?, timing: ConsentTiming) {
        checks.removeAll()
        lastWait = unansweredSince.map { now - $0 } ?? .zero
        unansweredSince = nil
        lastAnsweredAt = now
        lastHeardAt = max(lastHeardAt, now)
        expiresAt = now + timing.lifetime
        if let nextCheckAt { self.nextCheckAt = nextCheckAt }
    }

    // MARK: Doubt

    /// When it is time to ask the other pairs too; nil while there is nothing to doubt.
    func doubtAt(_ timing: ConsentTiming, roundTrip: Duration) -> Instant? {
        unansweredSince.map { $0 + max(timing.initialRTO, roundTrip * 1.5) }
    }

    /// When another pair that answers is better than this one; nil while there is nothing to doubt.
    func suspicionAt(_ timing: ConsentTiming, roundTrip: Duration) -> Instant? {
        guard let unansweredSince else { return nil }
        // What still comes shows that the peer is there; that ours do not arrive takes longer to believe.
        return min(
            max(unansweredSince, lastHeardAt) + max(timing.suspicion, roundTrip * 3),
            unansweredSince + max(timing.deafness, roundTrip * 3))
    }
}
