import NetPrimitives

/// A pair of the check list, with what its checks have brought (RFC 8445 §6.1.2.6).
struct CheckedPair: Sendable {
    enum State: Hashable, Sendable {
        /// Its turn comes when another pair of its foundation has succeeded or failed.
        case frozen
        /// Its turn comes.
        case waiting
        /// A check is on its way.
        case inProgress
        /// A check was answered; `local` is the candidate whose address the peer saw. That and the
        /// remote candidate are the valid pair, which therefore needs no list of its own.
        case succeeded(local: Candidate)
        case failed(PairFailure)
    }

    let key: PairKey
    /// The candidate of the best priority among those of this base.
    var local: Candidate
    var remote: Candidate
    /// RFC 8445 §6.1.2.3.
    var priority: UInt64
    var state: State
    /// The controlled agent's: the peer has chosen this pair, and its own check has yet to succeed (§7.3.1.5).
    var isNominatedOnSuccess = false
    /// When the first check was sent.
    var firstCheckAt: Instant?
    /// When it first succeeded, or last failed.
    var settledAt: Instant?
    /// When a check on it, of whichever purpose, was answered last: consent counts from there.
    var answeredAt: Instant?
    /// Of a check that was sent once and answered.
    var roundTrip: Duration?

    init(local: Candidate, remote: Candidate, role: Role, state: State) {
        key = PairKey(base: local.base, remote: remote.address, transport: local.transport)
        self.local = local
        self.remote = remote
        self.state = state
        priority = Self.priority(local: local, remote: remote, role: role)
    }

    /// RFC 8445 §6.1.2.6: the two candidates' foundations together.
    var foundation: String { local.foundation + ":" + remote.foundation }

    var isValid: Bool { validLocal != nil }

    var validLocal: Candidate? {
        if case .succeeded(let local) = state { return local }
        return nil
    }

    /// Whether its checks may still bring something.
    var isPending: Bool {
        switch state {
        case .frozen, .waiting, .inProgress: true
        case .succeeded, .failed: false
        }
    }

    mutating func fail(_ reason: PairFailure, at now: Instant) {
        state = .failed(reason)
        settledAt = now
    }

    /// A check took so long. Over TCP it may have waited for its connection, and behind data: the shortest says the most.
    mutating func measured(_ duration: Duration) {
        roundTrip = key.transport == .tcp ? min(roundTrip ?? duration, duration) : duration
    }

    /// It is to be checked as one that nobody has checked yet.
    mutating func beginAnew() {
        state = .waiting
        firstCheckAt = nil
        settledAt = nil
    }

    mutating func recomputePriority(as role: Role) {
        priority = Self.priority(local: local, remote: remote, role: role)
    }

    static func priority(local: Candidate, remote: Candidate, role: Role) -> UInt64 {
        switch role {
        case .controlling: CandidatePriority.ofPair(controlling: local.priority, controlled: remote.priority)
        case .controlled: CandidatePriority.ofPair(controlling: remote.priority, controlled: local.priority)
        }
    }
}
