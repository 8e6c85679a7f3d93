// On which pair data flows: any valid one before the selection, the selected one after it, and another when that has
// died (RFC 8445 §12.1 lets an agent send on any valid pair).

public import NetPrimitives

extension Agent {
    /// What data is sent on now: see `maySendData`. Another one than `selectedPair` before there is that, and while it
    /// does not answer and another pair does. Which pair data comes on is the peer's choice.
    public var dataPair: CandidatePair? {
        guard failure == nil, let dataKey else { return nil }
        if let selectedPair, isSelected(dataKey) { return selectedPair }
        return candidatePair(dataKey)
    }

    /// A pair that is better than the selected one, and answers: a reason to restart (RFC 8445 §9).
    public var betterPair: CandidatePair? {
        guard failure == nil, let selectedPair else { return nil }
        let selected = PathRank(kind: selectedPair.kind, transport: selectedPair.transport)
        let key = consents.keys.filter { key in
            rank(of: key).map { $0 > selected } ?? false && consents[key]?.unansweredSince == nil
        }.max(by: isWorse)
        return key.flatMap(candidatePair)
    }

    /// Whether the selected pair does not answer any more.
    public var hasLostSelectedPair: Bool { selectedPair != nil && isSuspecting }

    var selectedKey: PairKey? {
        selectedPair.map { PairKey(base: $0.source, remote: $0.destination, transport: $0.transport) }
    }

    /// Whether data flows, or would flow, on the pair.
    func isWatched(_ key: PairKey) -> Bool { isSelected(key) || key == dataKey }

    private func candidatePair(_ key: PairKey) -> CandidatePair? {
        guard let pair = checkList[key], let local = pair.validLocal else { return nil }
        return CandidatePair(
            local: local, remote: pair.remote, kind: kind(of: pair, local: local), roundTrip: pair.roundTrip)
    }

    func rank(of key: PairKey) -> PathRank? {
        guard let pair = checkList[key], let local = pair.validLocal else { return nil }
        return PathRank(kind: kind(of: pair, local: local), transport: key.transport)
    }

    private func isWorse(_ left: PairKey, than right: PairKey) -> Bool {
        let ranks = (rank(of: left), rank(of: right))
        guard let first = ranks.0, let second = ranks.1, first == second else {
            return ranks.1.map { second in ranks.0.map { $0 < second } ?? true } ?? false
        }
        return (checkList[left]?.priority ?? 0) < (checkList[right]?.priority ?? 0)
    }

    private var bestValidKey: PairKey? { checkList.pairs.filter(\.isValid).map(\.key).max(by: isWorse) }

    // MARK: Pairs that stand by

    /// Besides the selected pair so many are kept fresh: another way through each of two interfaces and two families,
    /// one of them by a relay; see `relayedStandbys`.
    private static let standbyLimit = 4

    /// Chooses the valid pairs that are to be ready when the selected one dies.
    mutating func keepStandbys(at now: Instant) {
        guard configuration.looksOn, selectedPair != nil else { return }
        let others = checkList.pairs.filter { $0.isValid && !isSelected($0.key) }.map(\.key)
            .sorted { isWorse($1, than: $0) }
        let relayed = relayedStandbys(of: others)
        let unreserved = others.filter { !relayed.contains($0) }.prefix(Self.standbyLimit - relayed.count)
        let wanted = others.filter { relayed.contains($0) || unreserved.contains($0) }
        for key in consents.keys where !wanted.contains(key) && !isWatched(key) { consents[key] = nil }
        for key in wanted where consents[key] == nil {
            if let answeredAt = checkList[key]?.answeredAt, answeredAt + configuration.consent.lifetime > now {
                keepConsent(of: key)
            } else {
                // Nobody has asked it for longer than consent lasts: what it is worth now, a check tells.
                checkList.update(key) { $0.beginAnew() }
                checkList.trigger(key)
            }
        }
    }

    /// Those that have a place whatever else there is: the best one by a relay, and beside a selected one by a relay two, each by
    /// others, since a relay that dies takes all of its pairs along. Two, as the first may be the same relay's other family.
    private func relayedStandbys(of others: [PairKey]) -> [PairKey] {
        let relayed = others.filter { rank(of: $0)?.kind == .relayed }
        var taken = selectedKey.map(relays) ?? []
        var apart: [PairKey] = []
        for key in relayed where apart.count < (selectedPair?.kind == .relayed ? 2 : 1) {
            let relays = relays(of: key)
            guard relays.isDisjoint(with: taken) else { continue }
            taken.formUnion(relays)
            apart.append(key)
        }
        return apart.isEmpty ? Array(relayed.prefix(1)) : apart
    }

    /// The relays that a pair runs over, as far as they are told of: ours and the peer's.
    private func relays(of key: PairKey) -> Set<IPAddress> {
        guard let pair = checkList[key] else { return [] }
        var relays: Set<IPAddress> = []
        if pair.local.type == .relayed { relays.insert(key.base.ip) }
        if pair.remote.type == .relayed { relays.insert(key.remote.ip) }
        return relays
    }

    // MARK: Death

    /// A stream holds everything back when one segment is lost, and has it sent again after a round trip and 200 ms (Linux's
    /// least RTO): within three times this, or within three round trips that are longer. One lost segment is no death then.
    /// The same lost once more may pass for one; data moves to another pair, and what is on the stream arrives all the same.
    private static let leastStreamRoundTrip = Duration.milliseconds(250)

    /// A line that is so slow, or so full, is left when it falls silent, however long its answers took.
    private static let longestStreamRoundTrip = Duration.seconds(2)

    /// How long a check on a pair takes, as far as known. Over a stream the next answer waits behind as much as the last did.
    private func roundTrip(of key: PairKey) -> Duration {
        let measured = checkList[key]?.roundTrip ?? .zero
        guard key.transport == .tcp else { return measured }
        let lastWait = min(consents[key]?.lastWait ?? .zero, Self.longestStreamRoundTrip)
        return max(measured, lastWait, Self.leastStreamRoundTrip)
    }

    /// Failed pairs are tried again so often while nothing answers: the network may have changed at the other end.
    private static let revival = Duration.seconds(3)

    /// Looks whether the selected pair is alive, asks the others when that is doubtful, and chooses where data goes.
    mutating func watch(at now: Instant) {
        watchedAt = now
        guard let selectedKey else {
            dataKey = configuration.looksOn ? bestValidKey : nil
            if silence?.isSilent == true { startChecksAgain(at: now) } else { revivalAt = nil }
            return
        }
        let timing = configuration.consent
        let consent = consents[selectedKey]
        let doubtAt = consent.map { $0.doubtAt(timing, roundTrip: roundTrip(of: selectedKey)) } ?? .zero
        let suspicionAt = consent.map { $0.suspicionAt(timing, roundTrip: roundTrip(of: selectedKey)) } ?? .zero
        let mayDoubt = configuration.looksOn
        let isDoubting = mayDoubt && doubtAt.map { $0 <= now } ?? false
        if isDoubting, !self.isDoubting { askStandbys(at: now) }
        self.isDoubting = isDoubting
        isSuspecting = mayDoubt && suspicionAt.map { $0 <= now } ?? false
        guard isSuspecting else {
            revivalAt = nil
            dropExpiredStandbys(at: now)
            return dataKey = selectedKey
        }
        // Without a consent there is no base to send from any more: any pair is better.
        let since = consent?.unansweredSince ?? .zero
        let answering = consents.keys.filter { key in
            guard !isSelected(key), let other = consents[key], other.lastAnsweredAt >= since else { return false }
            return other.suspicionAt(timing, roundTrip: roundTrip(of: key)).map { now < $0 } ?? true
        }
        dataKey = answering.max(by: isWorse) ?? (consent == nil ? nil : selectedKey)
        if answering.isEmpty {
            reviveFailedPairs(at: now)
        } else {
            revivalAt = nil
        }
    }

    private mutating func askStandbys(at now: Instant) {
        for (key, consent) in consents where !isSelected(key) {
            // One that was answered a moment ago may have died with the selected one since.
            consents[key]?.hurry(to: now, interval: consent.unansweredSince == nil ? .zero : .milliseconds(500))
            handleDueConsent(of: key, at: now)
        }
    }

    private mutating func dropExpiredStandbys(at now: Instant) {
        for (key, consent) in consents where !isSelected(key) && consent.expiresAt <= now {
            consents[key] = nil
            checkList.update(key) { $0.fail(.timedOut, at: now) }
        }
    }

    private mutating func reviveFailedPairs(at now: Instant) {
        if let revivalAt, now < revivalAt { return }
        if revivalAt != nil { checkList.revive() }
        revivalAt = now + Self.revival
    }

    /// Everything has died before a pair was selected: no check may be left at the long end of its retransmissions.
    private mutating func startChecksAgain(at now: Instant) {
        if let revivalAt, now < revivalAt { return }
        checkList.revive(evenInProgress: true)
        revivalAt = now + Self.earlyRevival
    }

    private static let earlyRevival = Duration.seconds(2)

    /// When `watch` sees something that it has not seen before.
    var watchDeadline: Instant? {
        guard configuration.looksOn else { return nil }
        guard selectedPair != nil else { return revivalAt }
        var deadline = revivalAt
        for (key, consent) in consents {
            let timing = configuration.consent
            let isSelected = isSelected(key)
            let moments = [
                isSelected ? consent.doubtAt(timing, roundTrip: roundTrip(of: key)) : nil,
                isWatched(key) ? consent.suspicionAt(timing, roundTrip: roundTrip(of: key)) : nil,
                isSelected ? nil : consent.expiresAt,
            ]
            for moment in moments { if let moment, moment > watchedAt { deadline = .earliest(deadline, moment) } }
        }
        return deadline
    }

    // MARK: What the driver knows

    /// An address is gone: what was sent from it, or came to it, ends at once.
    public mutating func removeLocalCandidates(base: TransportAddress, at now: Instant) {
        localCandidates.removeAll { $0.base == base }
        for key in checkList.pairs.map(\.key) where key.base == base { forget(key) }
        settle(at: now)
    }

    /// A connection of a TCP candidate could not be made, or has ended. One that had worked and is wanted is tried anew at once:
    /// the check makes the driver open another where it may.
    public mutating func connectionFailed(from base: TransportAddress, to remote: TransportAddress, at now: Instant) {
        let key = PairKey(base: base, remote: remote, transport: .tcp)
        guard failure == nil, let pair = checkList[key] else { return }
        let isWanted = selectedPair == nil || isWatched(key) || consents[key] != nil
        checks.remove(on: key)
        consents[key] = nil
        if nominating == key { nominating = nil }
        checkList.settle(key)
        checkList.update(key) { $0.fail(.notConnected, at: now) }
        if pair.isValid, isWanted {
            checkList.update(key) { $0.state = .waiting }
            checkList.trigger(key)
        }
        settle(at: now)
    }

    private mutating func forget(_ key: PairKey) {
        checks.remove(on: key)
        consents[key] = nil
        if nominating == key { nominating = nil }
        checkList.remove(key)
    }

    private mutating func settle(at now: Instant) {
        watch(at: now)
        advance(at: now)
    }
}
