// What the driver gathers and what the peer signals, for the session it belongs to.

public import NetPrimitives

extension RestartingAgent {
    /// Adds a candidate of this side to every session, and signals it.
    ///
    /// - Returns: false when no session has taken it.
    @discardableResult
    public mutating func addLocalCandidate(_ candidate: Candidate, at now: Instant) -> Bool {
        var isTaken = active.addLocalCandidate(candidate, at: now)
        if next?.addLocalCandidate(candidate, at: now) == true { isTaken = true }
        guard isTaken else { return false }
        // What is said again of an address, by a router or by the same server, is truer than what was said before.
        offered.removeAll { old in
            old.base == candidate.base && old.transport == candidate.transport
                && (old.address == candidate.address
                    || old.type == .serverReflexive && candidate.type == .serverReflexive
                        && old.isMapped == candidate.isMapped && (old.isMapped || old.foundation == candidate.foundation))
        }
        if offered.count >= active.configuration.candidateLimit {
            // What somebody saw of a port there may be many of, and the newest of them count.
            offered.remove(at: offered.firstIndex { $0.type == .serverReflexive && !$0.isMapped } ?? 0)
        }
        offered.append(candidate)
        signals.push(.candidate(generation: generation, candidate))
        update(at: now)
        return true
    }

    /// An address is gone.
    public mutating func removeLocalCandidates(base: TransportAddress, at now: Instant) {
        offered.removeAll { $0.base == base }
        active.removeLocalCandidates(base: base, at: now)
        next?.removeLocalCandidates(base: base, at: now)
        retired?.removeLocalCandidates(base: base, at: now)
        update(at: now)
    }

    /// A TCP candidate's connection could not be made, or has ended.
    public mutating func connectionFailed(from base: TransportAddress, to remote: TransportAddress, at now: Instant) {
        active.connectionFailed(from: base, to: remote, at: now)
        next?.connectionFailed(from: base, to: remote, at: now)
        update(at: now)
    }

    /// This side has no more candidates to come, for now.
    public mutating func endOfLocalCandidates(at now: Instant) {
        hasOfferedAll = true
        active.endOfLocalCandidates(at: now)
        next?.endOfLocalCandidates(at: now)
        signals.push(.endOfCandidates(generation: generation))
        update(at: now)
    }

    /// The peer's credentials of the first session, which came with its certificate's fingerprint.
    public mutating func setRemoteCredentials(_ credentials: Credentials, at now: Instant) {
        guard active.remoteCredentials == nil, activeGeneration == 0 else { return }
        active.setRemoteCredentials(credentials, at: now)
        update(at: now)
    }

    /// Takes what the peer signals. What is of a session that is past, or was told before, changes nothing.
    ///
    /// - Returns: whether it was news.
    @discardableResult
    public mutating func receive(_ signal: Signal, at now: Instant) -> Bool {
        guard !isOver else { return false }
        defer { update(at: now) }
        switch signal {
        case .restart(let number, let credentials):
            // The first session has no restart; a number far ahead would leave none for later ones.
            guard number > 0, number >= generation, number - generation <= Self.largestStep else { return false }
            if number > generation {
                guard peerRestarts.take(1, of: Self.peerRestartAllowance, at: now) else { return false }
                begin(number, at: now)
            }
            guard next?.remoteCredentials == nil, next != nil else { return false }
            next?.setRemoteCredentials(credentials, at: now)
            return true
        case .candidate(let number, let candidate):
            if number == activeGeneration { return active.addRemoteCandidate(candidate, at: now) }
            return number == generation && next?.addRemoteCandidate(candidate, at: now) ?? false
        case .endOfCandidates(let number):
            if number == activeGeneration {
                active.endOfRemoteCandidates(at: now)
            } else if number == generation {
                next?.endOfRemoteCandidates(at: now)
            }
            return true
        }
    }

    /// Both sides count one by one; what was never told may be a few.
    private static let largestStep: UInt32 = 16
    /// A restart makes both sides check, ask servers and signal: a peer gets one a second, and a few at once.
    private static let peerRestartAllowance = RateLimit.Allowance(burst: 4, interval: .seconds(1))

    /// What there is to tell of this side's addresses now: for a peer that was not there when it was signalled.
    public var offer: [Signal] { offer(of: generation) }

    /// Relayed candidates come first. Checks are some milliseconds apart and the first one goes to the candidate that is known
    /// first; this is the one that works whatever the networks are, so data flows soonest, while the better ones are tried. Of
    /// several the newest is the likeliest to live.
    private func offer(of generation: UInt32) -> [Signal] {
        let ordered = offered.filter { $0.type == .relayed }.reversed() + offered.filter { $0.type != .relayed }
        return ordered.map { .candidate(generation: generation, $0) } + (hasOfferedAll ? [.endOfCandidates(generation: generation)] : [])
    }

    /// Tells everything of the restart that is under way once more, or where there is none of this side's addresses: the way
    /// that signals take is another one now.
    public mutating func signalAgain() {
        let generation = next == nil ? activeGeneration : generation
        if let next { signals.push(.restart(generation: generation, next.localCredentials)) }
        for signal in offer(of: generation) { signals.push(signal) }
    }
}
