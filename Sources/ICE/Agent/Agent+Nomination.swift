// Choosing the pair, and what follows (RFC 8445 §8.1), or that there is none (RFC 8863).

import NetPrimitives

extension Agent {
    // MARK: Kinds

    func kind(of pair: CheckedPair, local: Candidate) -> PathKind {
        SignalledAddresses.kind(
            local: local.address, base: pair.key.base, of: localAddresses, remote: pair.key.remote,
            of: remoteAddresses, transport: pair.key.transport)
    }

    /// The best that a pair could turn out to be whose check was not answered yet.
    func bestPossibleKind(of pair: CheckedPair) -> PathKind {
        let likely = SignalledAddresses.kind(
            local: pair.key.base, base: pair.key.base, of: localAddresses, remote: pair.key.remote,
            of: remoteAddresses, transport: pair.key.transport)
        // A base behind a router that has opened an address for it: the peer may see that one.
        let isMapped = localCandidates.contains {
            $0.isMapped && $0.base == pair.key.base && $0.transport == pair.key.transport
        }
        return likely == .punched && isMapped ? .mapped : likely
    }

    // MARK: The controlling agent's choice

    mutating func considerNomination(at now: Instant) {
        nominationDeadline = nil
        guard role == .controlling, selectedPair == nil, nominating == nil, let firstValidAt else { return }
        var best: (pair: CheckedPair, rank: PathRank)?
        if !checkList.pairs.contains(where: { $0.isValid && !nominatedInVain.contains($0.key) }) { nominatedInVain = [] }
        for pair in checkList.pairs where !nominatedInVain.contains(pair.key) {
            // In decreasing priority, so that the first of a rank is its best.
            guard let local = pair.validLocal else { continue }
            let rank = PathRank(kind: kind(of: pair, local: local), transport: pair.key.transport)
            if best.map({ rank > $0.rank }) ?? true { best = (pair, rank) }
        }
        guard let best else { return }
        // An address that nobody has signalled yet may be a relayed one whose candidate is on its way.
        let isUncertain =
            best.rank.kind != .relayed && best.pair.remote.type == .peerReflexive && !hasAllRemoteCandidates
        let situation = NominationPolicy.Situation(
            best: best.rank.kind,
            firstValidAt: best.rank.kind == .relayed ? firstValidAt : firstUnrelayedValidAt ?? firstValidAt,
            isBetterPending: isUncertain
                || checkList.pairs.contains { 
                    $0.isPending
                        && PathRank(kind: bestPossibleKind(of: $0), transport: $0.key.transport) > best.rank
                },
            isGathering: !hasAllLocalCandidates || !hasAllRemoteCandidates)
        let time = configuration.nomination.nominationTime(situation, now: now)
        guard time <= now else {
            nominationDeadline = time
            return
        }
        nominating = best.pair.key
        checkList.trigger(best.pair.key, first: true)
    }

    // MARK: The selected pair

    /// What comes within this time of a nomination was sent with it: an RFC 5245 agent sends all of its first
    /// checks in it, and ours has by then sent a nomination four times of the six before it gives up.
    private static let nominationsOfOneTime = Duration.seconds(3)

    func isSelected(_ key: PairKey) -> Bool {
        selectedKey == key
    }

    /// A pair is nominated and valid: data flows on it from now on.
    ///
    /// A regular peer nominates one. One that nominates several at a time, as RFC 5245 allowed, gets the best of
    /// them (RFC 8445 §8.1.1). One that comes with another later has given up the first: its answers were lost.
    mutating func select(_ key: PairKey, at now: Instant) {
        guard failure == nil, !isSelected(key), let pair = checkList[key], let local = pair.validLocal else { return }
        if let selectedAt, now - selectedAt < Self.nominationsOfOneTime,
            let selectedKey, let current = checkList[selectedKey], current.priority >= pair.priority
        {
            return
        }
        let selection = CandidatePair(
            local: local, remote: pair.remote, kind: kind(of: pair, local: local), roundTrip: pair.roundTrip)
        selectedPair = selection
        selectedAt = now
        if !configuration.looksOn {
            checkList.conclude()
            checks.removeAll()
        }
        isDoubting = false
        isSuspecting = false
        dataKey = key
        nominationDeadline = nil
        enqueue(.selectedPair(selection))
        beginConsent(at: now)
    }

    /// A candidate came: it may tell what one of the selected pair's addresses is.
    mutating func reclassify() {
        guard let old = selectedPair else { return }
        let kind = SignalledAddresses.kind(
            local: old.local.address, base: old.source, of: localAddresses, remote: old.destination,
            of: remoteAddresses, transport: old.transport)
        guard kind != old.kind else { return }
        selectedPair?.kind = kind
        if let local = localCandidates.first(where: {
            $0.address == old.local.address && $0.base == old.source && $0.transport == old.transport
        }) {
            selectedPair?.local = local
        }
        if let remote = remoteCandidates.first(where: {
            $0.address == old.destination && $0.transport == old.transport
        }) {
            selectedPair?.remote = remote
        }
        if let selectedPair { enqueue(.reclassified(selectedPair)) }
    }

    // MARK: The end without a pair

    /// When `considerFailure` has to look; nil while candidates may come or checks run.
    var failureDeadline: Instant? {
        guard selectedPair == nil, hasAllLocalCandidates, hasAllRemoteCandidates, let startedAt,
            !checkList.pairs.contains(where: { $0.isPending || $0.isValid })
        else { return nil }
        return startedAt + configuration.failurePatience
    }

    mutating func considerFailure(at now: Instant) {
        if let failureDeadline, failureDeadline <= now { fail(.noPairSucceeded) }
    }
}
