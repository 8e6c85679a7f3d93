public import NetPrimitives

/// One WebSocket of the rendezvous, as its driver numbers them.
public struct ConnectionID: Hashable, Sendable {
    public var number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// What the server's driver has to do.
public enum MeetingServerOutput: Sendable, Equatable {
    case send([UInt8], to: ConnectionID)
    /// Send what was said before, then close.
    case close(ConnectionID)
    /// Ask the store, and say so with `answered`, whenever it is: nothing waits for it but whoever has asked.
    case ask(StoreTicket, InvitationRequest)
}

/// The relay's side of the rendezvous: who waits under which look-up, and who meets whom.
///
/// It carries payloads it cannot read, counts uses when the sharer says so, and answers a look-up that is
/// absent, away, burnt, expired, revoked or used up with the same word. Texts go in, texts and questions to the store
/// come out; the driver drains `nextOutput()` after every call, closes what it is told to close, and brings the answers.
public struct MeetingServer: Sendable {
    struct Connection: Sendable {
        /// The household, which is what bounds count by.
        let source: IPAddress
        /// Where it came from, which is what the relay's policy asks for.
        let address: IPAddress
        var role: Role
        /// Bounds messages and bytes together.
        var traffic: RateLimit
        /// What it waits for of the store, and what it has said since.
        var ticket: StoreTicket?
        var queue = QueuedTexts()
        /// Was told to go to another node, as this one is to go.
        var isSentAway = false
        /// No further output: it is being closed.
        var isClosing = false
    }

    enum Role: Sendable, Equatable {
        case undecided(since: Instant)
        /// Waits under these.
        case sharer(Set<Lookup>)
        case helper(MeetingID)
    }

    /// An invitation whose sharer is here.
    struct Waiting: Sendable {
        let sharer: ConnectionID
        let label: String
        var expires: UnixTime
        /// Not confirmed yet.
        var handshakes: Set<MeetingID> = []
    }

    public private(set) var configuration: MeetingServerConfiguration
    let issueCredentials: TURNCredentialIssuer
    var random: any RandomNumberGenerator & Sendable
    var limiter: SourceLimiter
    public internal(set) var counters = MeetingCounters()
    /// The node that this is, and those that it may send clients to; nil for a relay that is alone.
    public var fleet: FleetView?
    /// When this process began, by both clocks; nil: not told.
    public var start: (instant: Instant, wallClock: UnixTime)?
    /// No further invitations: they are for a relay that stays. What is there goes on.
    public private(set) var isDraining = false
    var connections: [ConnectionID: Connection] = [:]
    var connectionsBySource: [IPAddress: Int] = [:]
    var waiting: [Lookup: Waiting] = [:]
    var meetings: [MeetingID: Meeting] = [:]
    /// Meetings that one side is away from, or both.
    var halfMeetings = 0
    /// Seats that nobody sits on, by the source of whom they are kept for.
    var emptySeats: [IPAddress: Int] = [:]
    /// What the store was asked and has not answered yet.
    var questions: [StoreTicket: StoreQuestion] = [:]
    var lastTicket: UInt64 = 0
    var outputs: [MeetingServerOutput] = []
    private var nextOutputIndex = 0
    private var nextSweep: Instant?
    private var nextPurge: UnixTime?

    /// How exactly timeouts and expiries are kept.
    private static var sweepInterval: Duration { .seconds(1) }
    /// In which the sharers of a relay that has died are at it again, or at another node.
    static var returnTime: Duration { .seconds(10) }
    /// Seconds between two deletions of expired invitations.
    private static var purgeInterval: Int { 60 }
    /// 64 KiB a second, a megabyte at once, counted in units of 512 bytes with one for the message itself.
    static var traffic: RateLimit.Allowance {
        RateLimit.Allowance(burst: 2048, interval: .nanoseconds(7_812_500))
    }

    public init(
        configuration: MeetingServerConfiguration = .init(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        issueCredentials: @escaping TURNCredentialIssuer
    ) {
        self.configuration = configuration
        self.random = random
        self.issueCredentials = issueCredentials
        limiter = SourceLimiter(
            lookupsPerMinute: configuration.lookupsPerMinute,
            invitationsPerMinute: configuration.invitationsPerMinute, rejoinsPerMinute: configuration.rejoinsPerMinute,
            capacity: configuration.maximumSources)
    }

    /// Takes other bounds; what is there and beyond them stays.
    public mutating func reconfigure(_ configuration: MeetingServerConfiguration) {
        self.configuration = configuration
        limiter.setRates(
            lookupsPerMinute: configuration.lookupsPerMinute, invitationsPerMinute: configuration.invitationsPerMinute,
            rejoinsPerMinute: configuration.rejoinsPerMinute)
    }

    /// Takes no further invitations, and sends those who wait for somebody to other nodes, if there are any: they take their
    /// invitations with them.
    public mutating func beginDraining() {
        isDraining = true
        sendSharersAway()
    }

    // MARK: What is there

    public var connectionCount: Int { connections.count }
    public var waitingCount: Int { waiting.count }
    public var meetingCount: Int { meetings.count }
    /// Whether somebody waits for an answer of the store.
    public var isAsking: Bool { questions.values.contains { $0.asker != nil } }

    /// When `handleTimeout` has something to look at; nil while nobody is connected and no meeting waits for anybody.
    public var nextDeadline: Instant? { nextSweep }

    // MARK: What happens

    public mutating func connectionOpened(_ id: ConnectionID, source: IPAddress, at now: Instant) {
        let household = source.household
        guard connections[id] == nil else { return }
        guard connections.count < configuration.maximumConnections,
            connectionsBySource[household, default: 0] < configuration.maximumConnectionsPerSource
        else {
            outputs.append(.send(ServerMessage.error(.busy).text, to: id))
            outputs.append(.close(id))
            return
        }
        connectionsBySource[household, default: 0] += 1
        connections[id] = Connection(
            source: household, address: source.unmapped, role: .undecided(since: now), traffic: RateLimit(at: now))
        if nextSweep == nil { nextSweep = now + Self.sweepInterval }
    }

    /// - Parameter isSilent: nothing was heard from the client for too long. It may have lost its network for a while, which
    ///   ends no session: its peer is told only of a client that has closed its connection.
    public mutating func connectionClosed(_ id: ConnectionID, isSilent: Bool = false, at now: Instant) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        let others = connectionsBySource[connection.source, default: 1] - 1
        connectionsBySource[connection.source] = others > 0 ? others : nil
        let left: [MeetingID]
        switch connection.role {
        case .undecided: left = []
        case .helper(let meeting): left = [meeting]
        case .sharer(let lookups):
            for lookup in lookups { stopWaiting(lookup) }
            // Confirmed meetings of a used-up invitation are no longer under any look-up.
            left = meetings.filter { $0.value.side(of: id) != nil }.map(\.key)
        }
        for meeting in left {
            guard let side = meetings[meeting]?.side(of: id) else { continue }
            if !keep(meeting, without: side, from: connection.source, isSilent: isSilent, at: now) { leave(meeting, side, at: now) }
        }
    }

    public mutating func receive(_ text: [UInt8], from id: ConnectionID, at now: Instant, wallClock: UnixTime) {
        guard var connection = connections[id], !connection.isClosing else { return }
        let fits = connection.traffic.take(1 + text.count / 512, of: Self.traffic, at: now)
        connections[id] = connection
        guard fits else { return close(id, saying: .rateLimited) }
        guard connection.ticket == nil else {
            if connections[id]?.queue.append(text) == false { close(id, saying: .rateLimited) }
            return
        }
        understand(text, from: id, at: now, wallClock: wallClock)
    }

    mutating func understand(_ text: [UInt8], from id: ConnectionID, at now: Instant, wallClock: UnixTime) {
        let message: ClientMessage
        do {
            message = try ClientMessage(parsing: text)
        } catch {
            switch error {
            case .unknownType: return  // a later version may say more
            case .malformed: return close(id, saying: .malformed)
            case .tooLarge: return close(id, saying: .tooLarge)
            case .unsupportedVersion: return close(id, saying: .unsupportedVersion)
            }
        }
        do {
            try perform(message, from: id, at: now, wallClock: wallClock)
        } catch {
            send(.error(error), to: id)
        }
    }

    public mutating func handleTimeout(at now: Instant, wallClock: UnixTime) {
        guard let due = nextSweep, due <= now else { return }
        for (id, connection) in connections {
            if case .undecided(let since) = connection.role, connection.ticket == nil, now - since >= configuration.idleTimeout {
                closeSilently(id)
            }
        }
        giveUpOnStore(at: now, wallClock: wallClock)
        if isDraining { sendSharersAway() }
        for (meeting, parties) in meetings {
            if case .handshake(let since, _, _) = parties.stage, now - since >= configuration.handshakeTimeout {
                end(meeting, tellHelper: .peerLeft(meeting), tellSharer: .peerLeft(meeting), at: now)
            }
            if let since = parties.deserted, now - since >= configuration.absenceTimeout {
                end(meeting, tellHelper: nil, tellSharer: nil, at: now)
            }
        }
        for (lookup, invitation) in waiting where invitation.expires <= wallClock {
            closeInvitation(lookup, reason: .expired, at: now)
        }
        if nextPurge.map({ $0 <= wallClock }) ?? true {
            // A store that fails now is asked again in a minute; nobody waits for the answer.
            try? ask(.purge(expiredAt: wallClock), about: .nothing, for: nil, at: now)
            nextPurge = wallClock.advanced(bySeconds: Self.purgeInterval)
        }
        limiter.sweep(at: now)
        nextSweep = connections.isEmpty && meetings.isEmpty ? nil : now + Self.sweepInterval
    }

    /// What the driver has to do next; nil when nothing is left.
    public mutating func nextOutput() -> MeetingServerOutput? {
        guard nextOutputIndex < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            nextOutputIndex = 0
            return nil
        }
        defer { nextOutputIndex += 1 }
        return outputs[nextOutputIndex]
    }
}
