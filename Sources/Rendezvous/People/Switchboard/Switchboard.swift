public import NetPrimitives

/// What the switchboard's driver has to do.
public enum SwitchboardOutput: Sendable, Equatable {
    case send([UInt8], to: ConnectionID)
    /// Send what was said before, then close.
    case close(ConnectionID)
    /// Ask the store, and bring the answer to `answered`.
    case ask(StoreTicket, PeopleRequest)
}

/// The relay's side of contacts: who is there under which name, who may see them, and who calls whom.
///
/// It knows names and keys, and carries letters that it cannot read. Who is there is in memory alone, for as long as their
/// connection lasts. Whoever may not see somebody hears what they would hear if nobody were there, to the byte. The driver drains
/// `nextOutput()` after every call.
public struct Switchboard: Sendable {
    struct Connection: Sendable {
        /// The household, which is what bounds count by.
        let source: IPAddress
        /// Where it came from, which is what the relay's policy asks for.
        let address: IPAddress
        /// What the client called this relay, in lower case and without a port.
        let host: String
        var stage: Stage
        /// Bounds messages and bytes together.
        var traffic: RateLimit
        var presence: Presence?
        /// Our numbers for the calls that it has opened, by its own; and those that ring here.
        var outgoing: [CallID: CallID] = [:]
        var incoming: Set<CallID> = []
        /// Since when it has neither a presence nor a call.
        var idleSince: Instant
        /// The question to the store that its next messages wait for.
        var ticket: StoreTicket?
        var waiting: [[UInt8]] = []
        /// No further output: it is being closed.
        var isClosing = false
    }

    enum Stage: Sendable, Equatable {
        case new
        case challenged(PersonKey, nonce: [UInt8])
        case proven(PersonKey)
    }

    /// Somebody is there.
    struct Presence: Sendable {
        let name: PersonName
        var allow: AllowList
        var strangers: Bool
    }

    public private(set) var configuration: SwitchboardConfiguration
    public internal(set) var counters = SwitchboardCounters()
    /// Nobody else comes to be present, and who is there is sent to the nodes that stay, little by little; where there are none they
    /// hear `busy`, and what is there goes on.
    public private(set) var isDraining = false
    var fleet: FleetView
    var bans = PersonBans()
    var random: any RandomNumberGenerator & Sendable
    var limiter: SwitchboardLimiter
    var connections: [ConnectionID: Connection] = [:]
    var connectionsBySource: [IPAddress: Int] = [:]
    var present: [PersonName: ConnectionID] = [:]
    var calls: [CallID: Call] = [:]
    var questions: [StoreTicket: Question] = [:]
    var lastTicket: UInt64 = 0
    /// Who is here and is at home at another node by now, to be told so little by little.
    var movers: [PersonName] = []
    /// As many are told in a second at least: a node that is to go is there for a few seconds only.
    var leastMoves = 0
    var outputs: [SwitchboardOutput] = []
    private var nextOutputIndex = 0
    private var nextSweep: Instant?

    /// Seconds that a node which is to go takes to tell everybody so: it waits a few more for them to go.
    private static var movingTime: Int { 3 }
    /// How exactly timeouts are kept.
    private static var sweepInterval: Duration { .seconds(1) }
    /// 64 KiB a second, a megabyte at once, counted in units of 512 bytes with one for the message itself.
    static var traffic: RateLimit.Allowance { RateLimit.Allowance(burst: 2048, interval: .nanoseconds(7_812_500)) }

    public init(
        fleet: FleetView, configuration: SwitchboardConfiguration = .init(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.fleet = fleet
        self.configuration = configuration
        self.random = random
        limiter = SwitchboardLimiter(configuration)
    }

    /// Takes other bounds; what is there and beyond them stays.
    public mutating func reconfigure(_ configuration: SwitchboardConfiguration) {
        self.configuration = configuration
        limiter.setRates(configuration)
    }

    /// The nodes that live now. Who is at home elsewhere is told to go there, not all at once.
    public mutating func setFleet(_ fleet: FleetView) {
        guard fleet != self.fleet else { return }
        self.fleet = fleet
        movers = present.keys.filter { home(of: $0) != fleet.here }
    }

    /// The node is to go.
    public mutating func beginDraining() {
        isDraining = true
        movers = present.keys.filter { home(of: $0) != fleet.here }
        leastMoves = (movers.count + Self.movingTime - 1) / Self.movingTime
    }

    /// Where a person of that name is to be: while we drain, one of the others, if there are any.
    func home(of name: PersonName) -> RelayURL {
        let others = fleet.nodes.filter { $0 != fleet.here }
        guard isDraining, let first = others.first else { return fleet.home(of: name) }
        return FleetView(here: first, others: others).home(of: name)
    }

    // MARK: What is there

    public var connectionCount: Int { connections.count }
    public var presentCount: Int { present.count }
    public var callCount: Int { calls.count }
    /// People who are to be told yet that they are at home elsewhere.
    public var moverCount: Int { movers.count }

    /// When `handleTimeout` has something to look at; nil while nobody is connected.
    public var nextDeadline: Instant? { nextSweep }

    // MARK: What happens

    /// - Parameter host: what the client called this relay: the `Host` field's, without the port.
    public mutating func connectionOpened(_ id: ConnectionID, source: IPAddress, host: String, at now: Instant) {
        let household = source.household
        guard connections[id] == nil else { return }
        guard connections.count < configuration.maximumConnections,
            connectionsBySource[household, default: 0] < configuration.maximumConnectionsPerSource
        else {
            outputs.append(.send(SwitchboardMessage.error(.busy, of: .other).text, to: id))
            outputs.append(.close(id))
            return
        }
        connectionsBySource[household, default: 0] += 1
        connections[id] = Connection(
            source: household, address: source.unmapped, host: host.lowercased(), stage: .new, traffic: RateLimit(at: now),
            idleSince: now)
        if nextSweep == nil { nextSweep = now + Self.sweepInterval }
    }

    public mutating func connectionClosed(_ id: ConnectionID, at now: Instant) {
        guard let connection = connections[id] else { return }
        leave(id)
        for call in connection.outgoing.values { end(call, by: .caller, saying: nil, at: now) }
        for call in connection.incoming { end(call, by: .callee, saying: nil, at: now) }
        if let ticket = connection.ticket { questions[ticket] = nil }
        connections[id] = nil
        let others = connectionsBySource[connection.source, default: 1] - 1
        connectionsBySource[connection.source] = others > 0 ? others : nil
    }

    public mutating func receive(_ text: [UInt8], from id: ConnectionID, at now: Instant, wallClock: UnixTime) {
        guard var connection = connections[id], !connection.isClosing else { return }
        var fits = connection.traffic.take(1 + text.count / 512, of: Self.traffic, at: now)
        if connection.ticket != nil {
            connection.waiting.append(text)
            fits = fits && connection.waiting.count <= configuration.maximumWaitingMessages
                && connection.waiting.reduce(0) { $0 + $1.count } <= configuration.maximumWaitingBytes
        }
        connections[id] = connection
        guard fits else { return close(id, saying: .rateLimited) }
        if connection.ticket == nil { perform(text, from: id, at: now, wallClock: wallClock) }
    }

    /// The store's answer to a question; nil when it failed. One that nobody waits for any more changes nothing.
    public mutating func answered(
        _ ticket: StoreTicket, _ answer: PeopleAnswer?, at now: Instant, wallClock: UnixTime
    ) {
        guard let question = questions.removeValue(forKey: ticket) else { return }
        if answer == nil { counters.unanswered &+= 1 }
        let id = question.connection
        connections[id]?.ticket = nil
        conclude(question, answer, at: now, wallClock: wallClock)
        while let connection = connections[id], connection.ticket == nil, !connection.isClosing, !connection.waiting.isEmpty {
            guard let text = connections[id]?.waiting.removeFirst() else { return }
            perform(text, from: id, at: now, wallClock: wallClock)
        }
    }

    public mutating func handleTimeout(at now: Instant, wallClock: UnixTime) {
        guard let due = nextSweep, due <= now else { return }
        for (ticket, question) in questions where now - question.since >= configuration.storeTimeout {
            answered(ticket, nil, at: now, wallClock: wallClock)
        }
        for (id, call) in calls where now - call.since >= timeout(of: call.kind) { end(id, by: nil, saying: nil, at: now) }
        for (id, connection) in connections where connection.presence == nil && connection.ticket == nil {
            guard connection.outgoing.isEmpty, connection.incoming.isEmpty else { continue }
            let limit: Duration =
                switch connection.stage {
                case .new, .challenged: configuration.proofTimeout
                case .proven: configuration.idleTimeout
                }
            if now - connection.idleSince >= limit { closeSilently(id) }
        }
        moveSome()
        limiter.sweep(at: now)
        nextSweep = connections.isEmpty ? nil : now + Self.sweepInterval
    }

    /// What the driver has to do next; nil when nothing is left.
    public mutating func nextOutput() -> SwitchboardOutput? {
        guard nextOutputIndex < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            nextOutputIndex = 0
            return nil
        }
        defer { nextOutputIndex += 1 }
        return outputs[nextOutputIndex]
    }

    private func timeout(of kind: CallKind) -> Duration {
        switch kind {
        case .ring, .offer: configuration.callTimeout
        case .request: configuration.requestTimeout
        }
    }
}
