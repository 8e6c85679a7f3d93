// What checks teach, ours and the peer's (RFC 8445 §7.2.5.3, §7.3.1).

import NetPrimitives
import STUN

extension Agent {
    /// A check of ours was answered (RFC 8445 §7.2.5.3).
    mutating func checkSucceeded(_ check: Check, mapped: TransportAddress, at now: Instant) {
        guard let pair = checkList[check.key] else { return }
        let local = localCandidate(seenAt: mapped, for: pair, priority: check.priority)
        checkList.update(check.key) { pair in
            if !pair.isValid { pair.settledAt = now }
            pair.state = .succeeded(local: local)
            pair.answeredAt = now
            // Karn's algorithm: of a request that was sent twice nobody knows which one was answered.
            if check.transaction.requestsSent == 1 { pair.measured(now - check.transaction.startedAt) }
        }
        // Its turn was for this answer, unless it is for the nomination that waits for Ta.
        if nominating != check.key { checkList.settle(check.key) }
        checkList.thaw(pair.foundation)
        firstValidAt = firstValidAt ?? now
        answeredByPeer(at: now)
        if kind(of: pair, local: local) != .relayed { firstUnrelayedValidAt = firstUnrelayedValidAt ?? now }
        if check.nominates, check.role == role {
            nominating = nil
            select(check.key, at: now)
        } else if role == .controlled, pair.isNominatedOnSuccess {
            select(check.key, at: now)
        }
        if selectedPair != nil {
            // Its connection had ended, and is there again.
            if isSelected(check.key), consents[check.key] == nil { keepConsent(of: check.key) }
            keepStandbys(at: now)
            watch(at: now)
        }
    }

    /// The local candidate at the address that the peer saw: a known one, or a peer-reflexive one that is
    /// learned here (RFC 8445 §7.2.5.3.1).
    private mutating func localCandidate(
        seenAt mapped: TransportAddress, for pair: CheckedPair, priority: UInt32
    ) -> Candidate {
        let known = localCandidates.filter { $0.address == mapped && $0.transport == pair.key.transport }
        if let candidate = known.first(where: { $0.base == pair.key.base }) ?? known.first {
            var candidate = candidate
            candidate.base = pair.key.base
            return candidate
        }
        let learned = Candidate(
            type: .peerReflexive, transport: pair.key.transport, address: mapped, base: pair.key.base, relatedAddress: pair.key.base,
            priority: priority,
            foundation: FoundationText.of(.peerReflexive, base: pair.key.base.ip, server: pair.key.remote.ip,
                transport: pair.key.transport))
        if makeRoomForLocalCandidate() { localCandidates.append(learned) }
        return learned
    }

    /// A check of the peer's was answered: its address becomes known, and its pair is checked from here
    /// (RFC 8445 §7.3.1.3 to §7.3.1.5).
    mutating func learn(from check: EarlyCheck, at now: Instant) {
        let nominates = check.nominates && role == .controlled
        // After the selection only a nomination is news, unless the agent looks on.
        guard isLooking || nominates else { return }
        if checkList[check.key] == nil {
            guard let local = bestLocalCandidate(of: check.key),
                let remote = remoteCandidate(at: check.key, priority: check.priority)
            else { return }
            checkList.insertTriggered(local: local, remote: remote, role: role)
        }
        guard let pair = checkList[check.key] else { return }
        switch pair.state {
        case .succeeded:
            if nominates { select(check.key, at: now) }
        case .inProgress, .waiting, .frozen, .failed:
            if pair.state == .inProgress { cancelChecks(on: check.key, at: now) }
            checkList.update(check.key) { pair in
                pair.state = .waiting
                pair.isNominatedOnSuccess = pair.isNominatedOnSuccess || nominates
            }
            checkList.trigger(check.key)
        }
    }

    private func bestLocalCandidate(of key: PairKey) -> Candidate? {
        localCandidates.filter { $0.base == key.base && $0.transport == key.transport && $0.type != .peerReflexive }
            .max { $0.priority < $1.priority }
    }

    /// The remote candidate at an address: a known one, or a peer-reflexive one that is learned here.
    private mutating func remoteCandidate(at key: PairKey, priority: UInt32?) -> Candidate? {
        if let known = remoteCandidates.first(where: { $0.address == key.remote && $0.transport == key.transport }) { return known }
        guard let priority, makeRoomForRemoteCandidate() else { return nil }
        let learned = Candidate(
            type: .peerReflexive, transport: key.transport, address: key.remote,
            priority: min(max(priority, 1), 0x7FFF_FFFF),
            // "An arbitrary value, different from the foundations of all other remote candidates": a
            // hyphen is no ice-char, so no signalled one can equal it.
            foundation: "prflx-\(key.transport.rawValue)-\(key.remote)")
        remoteCandidates.append(learned)
        return learned
    }

    // MARK: Roles

    /// The peer says that both have the same role (RFC 8445 §7.2.5.1).
    mutating func repairRoleConflict(_ check: Check, at now: Instant) {
        if check.role == role { switchRole() }
        changeTieBreaker()
        checkList.update(check.key) { pair in
            if !pair.isValid { pair.state = .waiting }
        }
        checkList.trigger(check.key)
    }

    mutating func switchRole() {
        role = role.opposite
        nominating = nil
        nominationDeadline = nil
        checkList.changeRole(to: role)
    }
}
