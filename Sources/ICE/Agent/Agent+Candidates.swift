// What the driver gathers and what the rendezvous brings: candidates and credentials, at any time and in any order.

public import NetPrimitives

extension Agent {
    /// Adds a candidate of this side, which is then paired with all of the other side's (RFC 8838 §9).
    ///
    /// - Returns: false when it was not taken: known, unusable, or one too many. It need not be signalled then.
    @discardableResult
    public mutating func addLocalCandidate(_ candidate: Candidate, at now: Instant) -> Bool {
        guard failure == nil, Self.isUsable(candidate), candidate.base.family == candidate.address.family else {
            return false
        }
        if let index = localCandidates.firstIndex(where: {
            $0.address == candidate.address && $0.base == candidate.base && $0.transport == candidate.transport
        }) {
            // RFC 8445 §5.1.3: of redundant candidates the one of the higher priority stays. What the
            // newcomer says of the address holds all the same: a router may map what it had translated before.
            let isNews = candidate.isMapped && !localCandidates[index].isMapped
            guard isNews || localCandidates[index].type == .peerReflexive else { return false }
            if candidate.priority > localCandidates[index].priority || localCandidates[index].type == .peerReflexive {
                localCandidates[index] = candidate
            }
        } else {
            guard makeRoomForLocalCandidate() else { return false }
            localCandidates.append(candidate)
        }
        localAddresses.insert(candidate)
        if isLooking {
            for remote in remoteCandidates where remote.type != .peerReflexive { pair(candidate, with: remote) }
        }
        reclassify()
        advance(at: now)
        return true
    }

    /// This side has no more candidates to come (RFC 8838 §13).
    public mutating func endOfLocalCandidates(at now: Instant) {
        hasAllLocalCandidates = true
        advance(at: now)
    }

    /// What authenticates checks in both directions; checks begin with it. A second call changes nothing.
    public mutating func setRemoteCredentials(_ credentials: Credentials, at now: Instant) {
        guard remoteCredentials == nil, failure == nil else { return }
        remoteCredentials = credentials
        startedAt = now
        let waiting = earlyChecks
        earlyChecks = []
        for early in waiting where early.usernameFragment == credentials.usernameFragment {
            learn(from: early, at: now)
        }
        advance(at: now)
    }

    /// Adds a candidate of the other side.
    ///
    /// - Returns: false when it was not taken: known, unusable, or one too many.
    @discardableResult
    public mutating func addRemoteCandidate(_ candidate: Candidate, at now: Instant) -> Bool {
        guard failure == nil, Self.isUsable(candidate) else { return false }
        var candidate = candidate
        candidate.base = candidate.address
        if let index = remoteCandidates.firstIndex(where: {
            $0.address == candidate.address && $0.transport == candidate.transport
        }) {
            let known = remoteCandidates[index]
            let isNews = candidate.isMapped && !known.isMapped
            guard isNews || known.type == .peerReflexive || candidate.priority > known.priority else { return false }
            if known.type == .peerReflexive || candidate.priority > known.priority {
                remoteCandidates[index] = candidate
                checkList.replaceRemote(candidate, role: role)
            }
        } else {
            guard makeRoomForRemoteCandidate() else { return false }
            remoteCandidates.append(candidate)
        }
        remoteAddresses.insert(candidate)
        if isLooking {
            for local in localCandidates where local.type != .peerReflexive { pair(local, with: candidate) }
        }
        reclassify()
        advance(at: now)
        return true
    }

    /// The other side has no more candidates to come.
    public mutating func endOfRemoteCandidates(at now: Instant) {
        hasAllRemoteCandidates = true
        advance(at: now)
    }

    // MARK: Room for more

    /// A peer that moves about leaves addresses behind, and so does a NAT that forgets: beyond the limit the oldest one goes
    /// that nothing came of. False where something may still come of each.
    mutating func makeRoomForRemoteCandidate() -> Bool {
        guard remoteCandidates.count >= configuration.candidateLimit else { return true }
        guard let index = remoteCandidates.firstIndex(where: { checkList.isInVain($0) }) else { return false }
        let old = remoteCandidates.remove(at: index)
        remoteAddresses.remove(old)
        checkList.remove(old)
        return true
    }

    /// The same for what servers and peers have seen of this side: nothing is sent from there, so that only a name is lost.
    mutating func makeRoomForLocalCandidate() -> Bool {
        guard localCandidates.count >= configuration.candidateLimit else { return true }
        let useful = Set(checkList.pairs.lazy.compactMap { $0.validLocal?.place })
        let index = localCandidates.firstIndex { candidate in
            switch candidate.type {
            case .serverReflexive, .peerReflexive: !useful.contains(candidate.place)
            case .host, .relayed: false
            }
        }
        guard let index else { return false }
        localAddresses.remove(localCandidates.remove(at: index))
        return true
    }

    /// RFC 8445 §6.1.2.2: the same component, transport and family, and link-local only with link-local.
    private mutating func pair(_ local: Candidate, with remote: Candidate) {
        guard local.base.family == remote.address.family, local.transport == remote.transport,
            local.base.ip.family == .ipv4 || local.base.ip.isLinkLocal == remote.address.ip.isLinkLocal
        else { return }
        if local.transport == .tcp {
            guard let ours = local.tcpType, let theirs = remote.tcpType, ours.connects(to: theirs) else { return }
        }
        checkList.insert(local: local, remote: remote, role: role)
    }

    /// A candidate of component 1 at an address that a datagram for one host can be sent to.
    private static func isUsable(_ candidate: Candidate) -> Bool {
        guard candidate.component == 1, candidate.address.port != 0,
            (candidate.transport == .tcp) == (candidate.tcpType != nil)
        else { return false }
        switch candidate.address.ip.unmapped {
        case .v4(let bits): return bits >> 24 != 0 && bits >> 28 < 0xE  // "this network"; multicast and above
        case .v6(let high, _): return !candidate.address.ip.isUnspecified && high >> 56 != 0xFF
        }
    }
}
