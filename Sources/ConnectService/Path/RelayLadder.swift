import NetPrimitives

/// Which TURN servers are asked, and when: the first of every kind at once, the others a `step` later. The first that gives an
/// address ends it for all that are no better; those that are may still come for a while, and then it is over.
struct RelayLadder: Sendable {
    /// Long enough for most answers of the first ones, short enough that nobody notices a firewall.
    static let step = Duration.milliseconds(300)
    /// How long a better one than the first is worth waiting for: its candidate comes while the paths are still being checked.
    static let patienceForBetter = Duration.seconds(1)
    /// What has not answered by then is on no path that anybody wants.
    static let patience = Duration.seconds(10)
    /// Servers that others sent us to, at most: a fleet that is drained node by node needs one or two.
    static let maximumRedirections = 4

    /// The servers of one kind differ in their port alone: what happens to one, may happen to all.
    private struct Kind: Hashable {
        var transport: RelayServer.Transport
        var family: IPAddress.Family?
        var route: StreamRoute

        init(_ server: RelayServer) {
            transport = server.transport
            family = server.ip?.family
            route = server.route
        }
    }

    private var waiting: [(server: RelayServer, since: Instant)] = []
    private var underWay: Set<RelayServer> = []
    private var asked: Set<RelayServer> = []
    private var redirections = 0
    /// The rank of the best that has succeeded.
    private var best: Int?
    private var end: Instant

    init(_ servers: [RelayServer], at now: Instant) {
        end = now + Self.patience
        var kinds: Set<Kind> = []
        waiting = servers.map { ($0, kinds.insert(Kind($0)).inserted ? now : now + Self.step) }
    }

    /// The next server to ask, when it is time.
    mutating func next(at now: Instant) -> RelayServer? {
        guard let index = waiting.firstIndex(where: { $0.since <= now }) else { return nil }
        let server = waiting.remove(at: index).server
        underWay.insert(server)
        asked.insert(server)
        return server
    }

    mutating func succeeded(_ server: RelayServer, at now: Instant) {
        if best == nil { end = min(end, now + Self.patienceForBetter) }
        let rank = min(best ?? server.rank, server.rank)
        best = rank
        underWay = underWay.filter { $0.rank < rank }
        waiting.removeAll { $0.server.rank >= rank }
    }

    /// The others of its kind are asked at once.
    mutating func failed(_ server: RelayServer, at now: Instant) {
        underWay.remove(server)
        for index in waiting.indices where Kind(waiting[index].server) == Kind(server) {
            waiting[index].since = min(waiting[index].since, now)
        }
    }

    /// One has named another in its place, which is asked at once, unless it was asked before: two that send people
    /// to each other would keep us busy without end (RFC 8489 §10).
    mutating func redirected(_ server: RelayServer, to other: RelayServer, at now: Instant) {
        underWay.remove(server)
        guard isOpen(to: other), redirections < Self.maximumRedirections, !asked.contains(other) else { return }
        redirections += 1
        waiting.removeAll { $0.server == other }
        waiting.insert((other, now), at: 0)
    }

    mutating func handleTimeout(at now: Instant) {
        guard now >= end else { return }
        waiting = []
        underWay = []
    }

    var nextDeadline: Instant? { isDone ? nil : waiting.map(\.since).min().map { min($0, end) } ?? end }

    /// Whether an answer of this one would still be used.
    func isWanted(_ server: RelayServer) -> Bool { underWay.contains(server) }

    /// Whether no (further) relayed candidate is worth waiting for.
    var isDone: Bool { waiting.isEmpty && underWay.isEmpty }

    private func isOpen(to server: RelayServer) -> Bool { best.map { server.rank < $0 } ?? true }
}
