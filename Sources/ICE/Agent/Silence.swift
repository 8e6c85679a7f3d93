import NetPrimitives

/// Whether anything at all comes from the peer, on whatever pair, and whether anything may be sent to it.
struct Silence: Sendable {
    /// When anything authenticated came last.
    private(set) var lastHeardAt: Instant
    /// Until when data may be sent on some pair (RFC 7675 §5.1).
    private(set) var expiresAt: Instant
    private(set) var isSilent = false
    private(set) var hasExpired = false

    /// What happened while time passed.
    enum Change: Hashable, Sendable {
        case silent(since: Instant)
        case expired
        case abandoned
    }

    init(at now: Instant, timing: ConsentTiming) {
        lastHeardAt = now
        expiresAt = now + timing.lifetime
    }

    func nextDeadline(_ timing: ConsentTiming) -> Instant? {
        .earliest(
            isSilent ? nil : lastHeardAt + timing.silence, hasExpired ? expiresAt + timing.abandonment : expiresAt)
    }

    /// Something authenticated came; true when that ends a silence.
    mutating func heard(at now: Instant) -> Bool {
        lastHeardAt = max(lastHeardAt, now)
        defer { isSilent = false }
        return isSilent
    }

    /// A check was answered; true when that restores a consent that had expired.
    mutating func answered(at now: Instant, timing: ConsentTiming) -> Bool {
        expiresAt = now + timing.lifetime
        defer { hasExpired = false }
        return hasExpired
    }

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
