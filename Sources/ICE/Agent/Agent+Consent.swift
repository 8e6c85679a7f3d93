// The selected pair's life: keepalives that are consent checks, silence, recovery (RFC 7675, RFC 8445 §11).

public import NetPrimitives
import STUN

extension Agent {
    /// Whether data may be sent now (RFC 7675 §5.1).
    public func maySendData(at now: Instant) -> Bool { consent.map { !$0.hasExpired && now < $0.expiresAt } ?? false }

    /// When something authenticated came last on the selected pair.
    public var lastReceivedAt: Instant? { consent?.lastHeardAt }

    /// Asks for a sign of life now, not within the next seconds: the driver has reason to doubt that the peer is there.
    /// Within a second of the last check it does nothing: that one is still being retransmitted.
    public mutating func checkConsent(at now: Instant) {
        consent?.hurry(to: now, interval: .seconds(1))
        handleDueConsent(at: now)
    }

    mutating func beginConsent(at now: Instant) {
        consent = Consent(at: now, nextCheckAt: nextConsentCheck(after: now), timing: configuration.consent)
    }

    mutating func handleDueConsent(at now: Instant) {
        guard var consent, let selectedPair, let remoteCredentials else { return }
        if let request = consent.retransmission(at: now) {
            enqueue(Transmit(source: selectedPair.source, destination: selectedPair.destination, payload: request))
        }
        if consent.nextCheckAt <= now {
            let request = CheckRequest(
                local: localCredentials, remote: remoteCredentials, role: role, tieBreaker: tieBreaker,
                priority: CandidatePriority.peerReflexive(from: selectedPair.local))
            let id = TransactionID(using: &random)
            let transaction = ClientTransaction(id: id, request: request.encode(id), timing: consentTiming, at: now)
            consent.began(transaction, nextCheckAt: nextConsentCheck(after: now))
            enqueue(
                Transmit(
                    source: selectedPair.source, destination: selectedPair.destination, payload: transaction.request))
        }
        let changes = consent.changes(at: now, timing: configuration.consent)
        self.consent = consent
        for change in changes {
            switch change {
            case .silent(let since): enqueue(.pathSilent(since: since))
            case .expired: enqueue(.consentLost)
            case .abandoned: fail(.peerLost)
            }
        }
    }

    /// An authenticated answer to a consent check.
    mutating func consentAnswered(_ response: Message, on key: PairKey, at now: Instant) {
        guard isSelected(key) else { return }
        heardFromPeer(at: now)
        // A refusal is a sign of life and no consent.
        guard response.messageClass == .successResponse else { return }
        let timing = configuration.consent
        if consent?.answered(at: now, timing: timing) == true { enqueue(.consentRestored) }
    }

    mutating func heardFromPeer(at now: Instant) {
        if consent?.heard(at: now) == true { enqueue(.pathRecovered) }
    }

    private mutating func nextConsentCheck(after now: Instant) -> Instant {
        let period = configuration.consent.period
        return now + period * Double.random(in: 0.8...1.2, using: &random)
    }

    /// Retransmitted at 0.25, 0.75, 1.75 and 3.75 s; the next check takes over before that is given up.
    private var consentTiming: ClientTransaction.Timing {
        ClientTransaction.Timing(initialRTO: configuration.consent.initialRTO, requestCount: 5, finalWaitFactor: 16)
    }
}
