// Keepalives that are consent checks, silence, recovery (RFC 7675, RFC 8445 §11).

public import NetPrimitives
import STUN

extension Agent {
    /// Whether data may be sent on `dataPair` now (RFC 7675 §5.1).
    public func maySendData(at now: Instant) -> Bool {
        guard failure == nil, let key = dataKey else { return false }
        if let consent = consents[key] { return now < consent.expiresAt }
        // Before the selection: the answer that made the pair valid.
        guard selectedPair == nil, let settledAt = checkList[key]?.settledAt else { return false }
        return now < settledAt + configuration.consent.lifetime
    }

    /// When something authenticated came last, on whatever pair; nil before one works.
    public var lastReceivedAt: Instant? { silence?.lastHeardAt }

    /// When the peer has answered a check last, on whatever pair; nil before it did.
    var consentedAt: Instant? { silence.map { $0.expiresAt - configuration.consent.lifetime } }

    /// Whether nothing comes from the peer, or nothing may be sent to it any more.
    public var isSilent: Bool { silence.map { $0.isSilent || $0.hasExpired } ?? false }

    /// Asks for a sign of life now, not within the next seconds: the driver has reason to doubt that the peer is there.
    /// Within a second of the last check it does nothing: that one is still being retransmitted.
    public mutating func checkConsent(at now: Instant) {
        for key in consents.keys where isWatched(key) { consents[key]?.hurry(to: now, interval: .seconds(1)) }
        handleDueConsent(at: now)
    }

    /// A pair was selected: its consent begins, and that of the pairs that stand by.
    mutating func beginConsent(at now: Instant) {
        guard let selectedKey else { return }
        consents = [:]
        keepConsent(of: selectedKey)
        silence = Silence(at: now, timing: configuration.consent)
        keepStandbys(at: now)
    }

    /// A valid pair's consent counts from its last answer.
    mutating func keepConsent(of key: PairKey) {
        guard let answeredAt = checkList[key]?.answeredAt else { return }
        consents[key] = Consent(
            at: answeredAt, nextCheckAt: nextConsentCheck(after: answeredAt), timing: configuration.consent)
    }

    mutating func handleDueConsent(at now: Instant) {
        guard failure == nil else { return }
        if selectedPair != nil {
            for key in consents.keys { handleDueConsent(of: key, at: now) }
            watch(at: now)
        }
        let timing = configuration.consent
        for change in silence?.changes(at: now, timing: timing) ?? [] {
            switch change {
            case .silent(let since): enqueue(.pathSilent(since: since))
            case .expired: enqueue(.consentLost)
            case .abandoned: fail(.peerLost)
            }
        }
    }

    mutating func handleDueConsent(of key: PairKey, at now: Instant) {
        guard var consent = consents[key], let remoteCredentials, let pair = checkList[key],
            let local = pair.validLocal
        else { return }
        if let request = consent.retransmission(at: now) { send(request, on: key) }
        if consent.checkDueAt(configuration.consent, isWatched: isWatched(key)) <= now {
            let request = CheckRequest(
                local: localCredentials, remote: remoteCredentials, role: role, tieBreaker: tieBreaker,
                priority: CandidatePriority.peerReflexive(from: local))
            let id = TransactionID(using: &random)
            let transaction = ClientTransaction(
                id: id, request: request.encode(id), timing: consentTiming(of: key), at: now)
            let isHurried = configuration.consent.liveness != nil
            consent.began(
                transaction, nextCheckAt: isHurried ? now + ConsentTiming.retry : nextConsentCheck(after: now))
            send(transaction.request, on: key)
        }
        consents[key] = consent
    }

    /// The pair whose consent check this would answer.
    func keyAwaitingConsent(_ id: TransactionID) -> PairKey? { consents.first { $0.value.isAwaiting(id) }?.key }

    /// An authenticated answer to the consent check of `asked`.
    mutating func consentAnswered(_ response: Message, to asked: PairKey, on key: PairKey, at now: Instant) {
        guard key == asked else { return }
        heardFromPeer(on: key, at: now)
        // A refusal is a sign of life and no consent.
        guard response.messageClass == .successResponse else { return }
        let timing = configuration.consent
        let next = timing.liveness == nil ? nil : nextConsentCheck(after: now)
        consents[key]?.answered(at: now, nextCheckAt: next, timing: timing)
        checkList.update(key) { $0.answeredAt = now }
        answeredByPeer(at: now)
        watch(at: now)
    }

    /// The peer has answered a check, which is its consent. From the first one on its silence is noticed: data may flow.
    mutating func answeredByPeer(at now: Instant) {
        let timing = configuration.consent
        if silence == nil { silence = Silence(at: now, timing: timing) }
        if silence?.answered(at: now, timing: timing) == true { enqueue(.consentRestored) }
    }

    /// Something authenticated came on a pair.
    mutating func heardFromPeer(on key: PairKey, at now: Instant) {
        consents[key]?.heard(at: now)
        if silence?.heard(at: now) == true { enqueue(.pathRecovered) }
    }

    private mutating func nextConsentCheck(after now: Instant) -> Instant {
        let period = configuration.consent.period
        return now + period * Double.random(in: 0.8...1.2, using: &random)
    }

    /// Retransmitted at 0.25, 0.75, 1.75 and 3.75 s; the next check takes over before that is given up. TCP sends again
    /// by itself (RFC 8489 §6.2.2).
    private func consentTiming(of key: PairKey) -> ClientTransaction.Timing {
        switch key.transport {
        case .udp:
            ClientTransaction.Timing(initialRTO: configuration.consent.initialRTO, requestCount: 5, finalWaitFactor: 16)
        case .tcp: .reliable
        }
    }
}
