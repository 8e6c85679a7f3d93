import NetPrimitives

/// Which TURN servers are asked, and when: the best at once, each further one only when those before have
/// not answered within `step`. The first that gives an address ends the climb; what is under way goes on.
struct RelayLadder: Sendable {
    /// Long enough for a round trip around the world, short enough that nobody notices a firewall.
    static let step = Duration.milliseconds(300)

    /// Servers that others sent us to, at most: a fleet that is drained node by node needs one or two.
    static let maximumRedirections = 4

    private var waiting: [RelayServer]
    private var asked: Set<RelayServer> = []
    private var redirections = 0
    private var underWay = 0
    private var hasSucceeded = false
    private(set) var nextDeadline: Instant?

    init(_ servers: [RelayServer], at now: Instant) {
        waiting = servers
        nextDeadline = servers.isEmpty ? nil : now
    }

    /// The next server to ask, when it is time.
    mutating func next(at now: Instant) -> RelayServer? {
        guard let deadline = nextDeadline, deadline <= now, !waiting.isEmpty else { return nil }
        underWay += 1
        let server = waiting.removeFirst()
        asked.insert(server)
        nextDeadline = waiting.isEmpty ? nil : now + Self.step
        return server
    }

    mutating func succeeded() {
        underWay -= 1
        hasSucceeded = true
        waiting = []
        nextDeadline = nil
    }

    /// One has failed: the next is asked at once.
    mutating func failed(at now: Instant) {
        underWay = max(underWay - 1, 0)
        if !waiting.isEmpty { nextDeadline = now }
    }

    /// One has named another in its place, which is asked at once, unless it was asked before: two that send people
    /// to each other would keep us busy without end (RFC 8489 §10).
    mutating func redirected(to server: RelayServer, at now: Instant) {
        if !hasSucceeded, redirections < Self.maximumRedirections, !asked.contains(server) {
            redirections += 1
            waiting.removeAll { $0 == server }
            waiting.insert(server, at: 0)
        }
        failed(at: now)
    }

    /// Whether no (further) relayed candidate is worth waiting for.
    var isDone: Bool { hasSucceeded || (waiting.isEmpty && underWay == 0) }
}
