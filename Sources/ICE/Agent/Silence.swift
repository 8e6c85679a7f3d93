import NetPrimitives

/// Whether anything at all comes from the peer, on whatever pair, and whether anything may be sent to it.
struct Silence: Sendable {
    /// When anything authenticated came last.
    private(set) var lastHeardAt: Instant
    /// Until when data may be sent on some pair (RFC 7675 §5.1).
    private(set) var expiresAt: Instant
    private(set) var isSilent = false
    private(set) var hasExpired = false
    /// How long nobody has consented to anything, as far as this agent was awake.
    private var abandonedFor = Duration.zero
    private var lookedAt: Instant
    /// An agent looks at the clock more often than that. One that did not was stopped, with its process or its host; the peer
    /// had no chance to be heard meanwhile.
    private static let longestGap = Duration.seconds(10)

    /// What happened while time passed.
    enum Change: Hashable, Sendable {
        case silent(since: Instant)
        case expired
        case abandoned
    }

    init(at now: Instant, timing: ConsentTiming) {
        lastHeardAt = now
        expiresAt = now + timing.lifetime
        lookedAt = now
    }

    func nextDeadline(_ timing: ConsentTiming) -> Instant? {
        .earliest(
            isSilent ? nil : lastHeardAt + timing.silence,
            hasExpired ? lookedAt + min(timing.abandonment - abandonedFor, Self.longestGap) : expiresAt)
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
        abandonedFor = .zero
        defer { hasExpired = false }
        return hasExpired
    }

    mutating func changes(at now: Instant, timing: ConsentTiming) -> [Change] {
        var changes: [Change] = []
        if hasExpired { abandonedFor += min(now - lookedAt, Self.longestGap) }
        lookedAt = now
        if !isSilent, lastHeardAt + timing.silence <= now {
            isSilent = true
            changes.append(.silent(since: lastHeardAt))
        }
        if !hasExpired, expiresAt <= now {
            hasExpired = true
            changes.append(.expired)
        }
        if hasExpired, abandonedFor >= timing.abandonment { changes.append(.abandoned) }
        return changes
    }
}
