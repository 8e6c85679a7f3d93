// A peer whose computer is suspended: it has said so, and is silent for longer than one whose network is gone.

public import NetPrimitives

/// That the peer's computer is suspended, as the peer said before.
struct PeerSuspension: Sendable {
    let since: Instant
    /// It was said as well that it is awake.
    var hasWoken = false

    /// A computer that is to be suspended waits for its programs, and may talk meanwhile. logind gives them 5 s.
    static let fallingAsleep = Duration.seconds(15)

    /// Whether the peer takes part again: it consents to receive, and has said that it is awake, or spoken for too long.
    func isOver(consentedAt: Instant, lifetime: Duration, at now: Instant) -> Bool {
        consentedAt > since + Self.fallingAsleep || hasWoken && consentedAt + lifetime > now
    }
}

extension RestartingAgent {
    /// The peer's computer is about to be suspended: the peer is waited for as `ConsentTiming.suspension` says, until it
    /// consents again.
    ///
    /// - Returns: false when it was known, or is said too often to be believed.
    @discardableResult
    public mutating func peerSuspends(at now: Instant) -> Bool {
        guard !isOver, !isPeerSuspended else { return false }
        guard peerSuspensions.take(1, of: Self.peerSuspensionAllowance, at: now) else { return false }
        suspension = PeerSuspension(since: now)
        setAbandonment(configuration.consent.suspension)
        update(at: now)
        return true
    }

    /// The peer's computer is awake, or was not suspended after all. What is left of the wait lasts until the peer consents.
    public mutating func peerWakes(at now: Instant) {
        suspension?.hasWoken = true
        update(at: now)
    }

    /// The peer was heard by another way than the path: it is awake, if it has had the time to fall asleep.
    public mutating func peerReturned(at now: Instant) {
        guard let suspension, suspension.since + PeerSuspension.fallingAsleep < now else { return }
        peerWakes(at: now)
    }

    /// Whether the peer has said that its computer is suspended, and nothing since.
    public var isPeerSuspended: Bool { suspension.map { !$0.hasWoken } ?? false }

    /// Nobody's computer is suspended more often; each time a person is told.
    private static let peerSuspensionAllowance = RateLimit.Allowance(burst: 4, interval: .seconds(60))

    /// The long wait ends only with a consent, from which the short one counts anew.
    mutating func considerSuspension(at now: Instant) {
        guard let suspension, let consentedAt = active.consentedAt else { return }
        guard suspension.isOver(consentedAt: consentedAt, lifetime: configuration.consent.lifetime, at: now) else { return }
        self.suspension = nil
        setAbandonment(configuration.consent.abandonment)
    }

    /// How long checks go on without consent from now on, in every session.
    private mutating func setAbandonment(_ duration: Duration) {
        active.configuration.consent.abandonment = duration
        next?.configuration.consent.abandonment = duration
        retired?.configuration.consent.abandonment = duration
    }

    /// What a session is begun with.
    var sessionConfiguration: Agent.Configuration {
        var configuration = configuration
        if suspension != nil { configuration.consent.abandonment = configuration.consent.suspension }
        return configuration
    }
}
