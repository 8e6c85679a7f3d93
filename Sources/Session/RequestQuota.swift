internal import NetPrimitives

/// How often one thing was asked, and until when it must not be asked again.
struct RequestQuota: Hashable, Sendable {
    enum Refusal: Hashable, Sendable {
        case tooSoon(until: Instant)
        case tooOften
    }

    private(set) var asked = 0
    private(set) var quietUntil: Instant?

    /// Counts a request, or says why it must not be asked.
    mutating func admit(at now: Instant, limits: SessionLimits) -> Refusal? {
        guard asked < limits.requestsPerCapability else { return .tooOften }
        if let quietUntil, now < quietUntil { return .tooSoon(until: quietUntil) }
        asked += 1
        return nil
    }

    /// Does not count the last request any more.
    mutating func forgive() { asked = max(0, asked - 1) }

    mutating func noteNo(at now: Instant, limits: SessionLimits) { quietUntil = now + limits.quietAfterNo }
}
