import NetPrimitives

/// The pairs to check, best first, and whose turn is next (RFC 8445 §6.1.2, §6.1.4; RFC 8838 §12).
struct CheckList: Sendable {
    /// In decreasing order of priority.
    private(set) var pairs: [CheckedPair] = []
    /// Pairs whose check goes before every ordinary one (RFC 8445 §6.1.4.1). Each stands in it once, so
    /// its bound is that of the pairs.
    private var triggered: [PairKey] = []
    /// RFC 8445 §6.1.2.5: pairs at most.
    let limit: Int

    /// Remote candidates that pairs have failed with for which there was no room any more.
    private var discarded: Set<Candidate.Place> = []

    init(limit: Int) { self.limit = max(limit, 1) }

    subscript(key: PairKey) -> CheckedPair? { index(of: key).map { pairs[$0] } }

    /// Changes a pair in place; its priority must stay as it is.
    mutating func update(_ key: PairKey, _ change: (inout CheckedPair) -> Void) {
        if let index = index(of: key) { change(&pairs[index]) }
    }

    // MARK: Forming pairs

    /// Adds an ordinary pair, in the state that RFC 8838 §12 gives to a latecomer. A redundant one only
    /// lifts the pair that is there to its own rank.
    mutating func insert(local: Candidate, remote: Candidate, role: Role) {
        let pair = CheckedPair(local: local, remote: remote, role: role, state: .frozen)
        guard self[pair.key] == nil else { return lift(pair) }
        let kin = pairs.filter { $0.foundation == pair.foundation }
        let isFirst = kin.allSatisfy { $0.priority < pair.priority }
        place(pair, as: isFirst || kin.contains(where: \.isValid) ? .waiting : .frozen)
    }

    /// Adds the pair of a check that has arrived, unless it is there (RFC 8445 §7.3.1.4); its own check
    /// is then due.
    mutating func insertTriggered(local: Candidate, remote: Candidate, role: Role) {
        let pair = CheckedPair(local: local, remote: remote, role: role, state: .waiting)
        if self[pair.key] == nil { place(pair, as: .waiting) }
    }

    private mutating func place(_ pair: CheckedPair, as state: CheckedPair.State) {
        var pair = pair
        pair.state = state
        guard pairs.count < limit || makeRoom(for: pair) else { return }
        let index = pairs.firstIndex { $0.priority < pair.priority } ?? pairs.endIndex
        pairs.insert(pair, at: index)
    }

    /// Discards the lowest pair that has nothing to lose: a failed one, else one of a lower priority that
    /// was not checked yet (RFC 8445 §6.1.2.5, RFC 8838 §12).
    private mutating func makeRoom(for pair: CheckedPair) -> Bool {
        let failed = pairs.lastIndex { if case .failed = $0.state { true } else { false } }
        let idle = pairs.lastIndex { $0.priority < pair.priority && ($0.state == .frozen || $0.state == .waiting) }
        guard let index = failed ?? idle else { return false }
        if index == failed { discarded.insert(pairs[index].remote.place) }
        let key = pairs.remove(at: index).key
        triggered.removeAll { $0 == key }
        return true
    }

    private mutating func lift(_ pair: CheckedPair) {
        guard let index = index(of: pair.key), pair.priority > pairs[index].priority else { return }
        pairs[index].local = pair.local
        pairs[index].remote = pair.remote
        pairs[index].priority = pair.priority
        sort()
    }

    /// Puts what was signalled for a remote address in the place of what a check had taught about it.
    mutating func replaceRemote(_ remote: Candidate, role: Role) {
        for index in pairs.indices
        where pairs[index].key.remote == remote.address && pairs[index].key.transport == remote.transport {
            pairs[index].remote = remote
            pairs[index].recomputePriority(as: role)
        }
        sort()
    }

    /// RFC 8445 §7.2.5.1: priorities depend on the role.
    mutating func changeRole(to role: Role) {
        for index in pairs.indices { pairs[index].recomputePriority(as: role) }
        sort()
    }

    private mutating func sort() { pairs.sort { $0.priority > $1.priority } }

    // MARK: Taking turns

    /// Gives a pair the next turn but for those that already have one; its state is the caller's.
    mutating func trigger(_ key: PairKey, first: Bool = false) {
        guard self[key] != nil, !triggered.contains(key) else { return }
        if first { triggered.insert(key, at: 0) } else { triggered.append(key) }
    }

    /// Forgets a pair.
    mutating func remove(_ key: PairKey) {
        pairs.removeAll { $0.key == key }
        settle(key)
    }

    /// Whether checks with a remote candidate have failed, and nothing may come of it any more.
    func isInVain(_ remote: Candidate) -> Bool {
        let own = pairs.filter { $0.remote.place == remote.place }
        guard own.allSatisfy({ !$0.isPending && !$0.isValid }) else { return false }
        return !own.isEmpty || discarded.contains(remote.place)
    }

    /// Forgets a remote candidate that nothing came of, and its pairs.
    mutating func remove(_ remote: Candidate) {
        discarded.remove(remote.place)
        for key in pairs.map(\.key) where key.remote == remote.address && key.transport == remote.transport { remove(key) }
    }

    /// Gives every failed pair another turn, and those whose check is under way if they are to begin anew.
    mutating func revive(evenInProgress: Bool = false) {
        for index in pairs.indices {
            switch pairs[index].state {
            case .failed: pairs[index].state = .waiting
            case .inProgress where evenInProgress: pairs[index].state = .waiting
            case .inProgress, .waiting, .frozen, .succeeded: break
            }
        }
    }

    /// Takes a pair's turn away: its check was answered meanwhile.
    mutating func settle(_ key: PairKey) { triggered.removeAll { $0 == key } }

    /// Whether `takeNext` would find a pair.
    func hasWork(ordinary: Bool) -> Bool {
        !triggered.isEmpty || ordinary && pairs.contains { $0.state == .waiting || $0.state == .frozen && mayThaw($0) }
    }

    /// The pair whose check is to be sent now (RFC 8445 §6.1.4.2).
    ///
    /// - Parameter ordinary: whether ordinary checks run, or triggered ones alone.
    mutating func takeNext(ordinary: Bool) -> PairKey? {
        if !triggered.isEmpty { return triggered.removeFirst() }
        guard ordinary else { return nil }
        if let waiting = pairs.first(where: { $0.state == .waiting }) { return waiting.key }
        return pairs.first { $0.state == .frozen && mayThaw($0) }?.key
    }

    /// RFC 8445 §6.1.4.2 step 2: when nothing waits, the best pair of a foundation that has nothing on its way.
    private func mayThaw(_ pair: CheckedPair) -> Bool {
        !pairs.contains { ($0.state == .waiting || $0.state == .inProgress) && $0.foundation == pair.foundation }
    }

    /// A pair of this foundation has succeeded: the others' turn comes (RFC 8445 §7.2.5.3.3).
    mutating func thaw(_ foundation: String) {
        for index in pairs.indices where pairs[index].state == .frozen && pairs[index].foundation == foundation {
            pairs[index].state = .waiting
        }
    }

    /// A pair is chosen: nothing else has a turn any more (RFC 8445 §8.1.2).
    mutating func conclude() { triggered.removeAll() }

    /// Num-Waiting + Num-In-Progress of RFC 8445 §14.3.
    var busyCount: Int { pairs.count { $0.state == .waiting || $0.state == .inProgress } }

    private func index(of key: PairKey) -> Int? { pairs.firstIndex { $0.key == key } }
}
