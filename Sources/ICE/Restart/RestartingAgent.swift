public import NetPrimitives
import STUN

/// An agent over any number of ICE sessions: it restarts (RFC 8445 §9) when a better path was found, when the path or the
/// network is gone, and when the peer does. Data goes on meanwhile on what there is.
///
/// Each session is an `Agent` with credentials of its own and a number, its generation, which begins with 0. Whoever wants
/// a restart takes the next number and tells the peer; who is told makes a session of that number too and tells its own
/// credentials. Should both want one at once they mean the same. So a signal may come twice, by two ways, and changes
/// nothing the second time.
///
/// The session that carries data is kept until the new one has selected a pair. It goes on checking: an address that is
/// new on either side is found, and used, without a word of signalling, as long as the other side can be reached somewhere.
public struct RestartingAgent: Sendable {
    /// The number of the session that was begun last.
    public private(set) var generation: UInt32 = 0
    /// The session that carries data, or is to.
    public internal(set) var active: Agent
    var activeGeneration: UInt32 = 0
    /// The session of a restart that is under way.
    var next: Agent?
    /// The session before the active one: it answers until the peer has moved as well.
    var retired: Agent?
    private var retiredUntil: Instant?

    let configuration: Agent.Configuration
    private var random: any RandomNumberGenerator & Sendable
    /// What the peer was told of this side's addresses, for the next session.
    var offered: [Candidate] = []
    var hasOfferedAll = false

    var announced: CandidatePair?
    var isLost = false
    var isOver = false
    var hasNewNetwork = false
    var lostAt: Instant?
    var restartedAt: Instant?
    var unansweredAgainAt: Instant?
    var pause = RestartingAgent.shortestPause
    /// What the peer has begun of late.
    var peerRestarts = RateLimit(at: .zero)
    var peerSuspensions = RateLimit(at: .zero)
    var suspension: PeerSuspension?

    var signals = OutputQueue<Signal>(limit: 128)
    var events = OutputQueue<Event>(limit: 64)

    /// What is told to the peer, by the rendezvous or on the path itself, in this order on each way.
    public enum Signal: Hashable, Sendable {
        case restart(generation: UInt32, Credentials)
        case candidate(generation: UInt32, Candidate)
        case endOfCandidates(generation: UInt32)
    }

    public enum Event: Hashable, Sendable {
        /// Data flows on this pair from now on, or the pair turns out to be of another kind.
        case path(CandidatePair, Reason)
        /// Nothing comes from the peer.
        case pathLost
        /// A restart has begun: what servers saw of this side's addresses may be different now, and is to be asked again
        /// (RFC 8445 §9 gathers anew).
        case restarted
        /// No pair answers any more; comes again every few seconds. What servers, relays and routers know of this side may be
        /// out of date, and is best asked for anew: a candidate that comes of it is checked at once.
        case unanswered
        case failed(Agent.Failure)
    }

    public enum Reason: Hashable, Sendable {
        case first
        case better
        /// The pair before has died.
        case lost
        /// After a silence, or since this host's addresses are others.
        case networkChanged
    }

    /// How long the session before the active one still answers: the nomination's retransmissions, and some.
    private static let retirement = Duration.seconds(10)

    /// - Parameter random: see `Agent`.
    public init(
        role: Role, localCredentials: Credentials, configuration: Agent.Configuration,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.configuration = configuration
        self.random = random
        active = Agent(role: role, localCredentials: localCredentials, configuration: configuration, random: random)
        // Two generators of one seed would make the same credentials and identifiers.
        for _ in 0..<8 { _ = self.random.next() }
    }

    // MARK: Draining

    public mutating func nextTransmit() -> Transmit? {
        active.nextTransmit() ?? next?.nextTransmit() ?? retired?.nextTransmit()
    }

    public mutating func nextSignal() -> Signal? { signals.pop() }
    public mutating func nextEvent() -> Event? { events.pop() }

    public var nextDeadline: Instant? {
        guard !isOver else { return nil }
        return .earliest(
            active.nextDeadline, next?.nextDeadline, retired?.nextDeadline, retiredUntil, restartDueAt,
            unansweredAgainAt)
    }

    public mutating func handleTimeout(at now: Instant) {
        active.handleTimeout(at: now)
        next?.handleTimeout(at: now)
        retired?.handleTimeout(at: now)
        if let retiredUntil, retiredUntil <= now { retire(nil, at: now) }
        update(at: now)
    }

    // MARK: What arrives

    /// See `Agent.receive`: a check is for the session whose username fragment it names.
    public mutating func receive(
        _ bytes: [UInt8], on base: TransportAddress, from remote: TransportAddress,
        transport: CandidateTransport = .udp, at now: Instant
    ) -> Agent.Reception {
        guard Message.looksLike(bytes) else { return .application }
        guard let message = try? Message(decoding: bytes) else { return .foreign }
        defer { update(at: now) }
        if message.messageClass == .request {
            let name = message[Username.self].flatMap { $0.text.split(separator: ":").first }.map(String.init)
            if let name, next?.localCredentials.usernameFragment == name {
                return next?.receive(bytes, on: base, from: remote, transport: transport, at: now) ?? .foreign
            }
            if let name, retired?.localCredentials.usernameFragment == name {
                return retired?.receive(bytes, on: base, from: remote, transport: transport, at: now) ?? .foreign
            }
            return active.receive(bytes, on: base, from: remote, transport: transport, at: now)
        }
        for session in [\RestartingAgent.next, \.retired] {
            if self[keyPath: session]?.receive(bytes, on: base, from: remote, transport: transport, at: now) == .handled {
                return .handled
            }
        }
        return active.receive(bytes, on: base, from: remote, transport: transport, at: now)
    }

    /// See `Agent.recognizes`.
    public func recognizes(_ bytes: [UInt8]) -> Bool {
        active.recognizes(bytes) || next?.recognizes(bytes) == true || retired?.recognizes(bytes) == true
    }

    /// See `Agent.hasAnswered`.
    public func hasAnswered(on base: TransportAddress, from remote: TransportAddress, transport: CandidateTransport) -> Bool {
        [active, next, retired].contains { $0?.hasAnswered(on: base, from: remote, transport: transport) == true }
    }

    /// See `Agent.noteAuthenticatedTraffic`.
    public mutating func noteAuthenticatedTraffic(
        on base: TransportAddress, from remote: TransportAddress, transport: CandidateTransport = .udp, at now: Instant
    ) {
        active.noteAuthenticatedTraffic(on: base, from: remote, transport: transport, at: now)
        next?.noteAuthenticatedTraffic(on: base, from: remote, transport: transport, at: now)
        update(at: now)
    }

    // MARK: Data

    /// What data is sent on now.
    public var dataPair: CandidatePair? {
        usesNext ? next?.dataPair : active.dataPair
    }

    public func maySendData(at now: Instant) -> Bool {
        (usesNext ? next?.maySendData(at: now) : active.maySendData(at: now)) ?? false
    }

    /// Whether the session of the restart has a way already, and the old one has none.
    private var usesNext: Bool {
        guard let next, next.dataPair != nil else { return false }
        return active.failure != nil || active.dataPair == nil
            || active.hasLostSelectedPair && active.dataPair == active.selectedPair
    }

    /// Whether no pair answers any more.
    public var isUnanswered: Bool {
        active.hasLostSelectedPair
            && (dataPair == nil || dataPair == active.selectedPair || next?.isSilent == true)
    }

    public var lastReceivedAt: Instant? { [active, next, retired].compactMap { $0?.lastReceivedAt }.max() }

    /// See `Agent.checkConsent`.
    public mutating func checkConsent(at now: Instant) {
        active.checkConsent(at: now)
        update(at: now)
    }

    // MARK: Sessions

    /// Begins a restart of our own; after four thousand million of them there is none.
    mutating func beginNext(at now: Instant) {
        guard generation < .max else { return }
        begin(generation + 1, at: now)
    }

    /// Whether a restart is under way that the peer has heard of. One that it has not keeps nobody from another.
    var isRestarting: Bool { next?.remoteCredentials != nil }

    /// Makes a session of this number and tells the peer of it.
    mutating func begin(_ number: UInt32, at now: Instant) {
        generation = number
        restartedAt = now
        var session = Agent(
            role: active.role, localCredentials: Credentials(using: &random), configuration: sessionConfiguration,
            random: random)
        for _ in 0..<8 { _ = random.next() }
        signals.push(.restart(generation: number, session.localCredentials))
        for candidate in offered where session.addLocalCandidate(candidate, at: now) {
            signals.push(.candidate(generation: number, candidate))
        }
        if hasOfferedAll {
            session.endOfLocalCandidates(at: now)
            signals.push(.endOfCandidates(generation: number))
        }
        next = session
        events.push(.restarted)
    }

    /// The new session has a pair: it is the one from now on.
    mutating func promote(_ session: Agent, at now: Instant) {
        retire(active, at: now)
        active = session
        activeGeneration = generation
        next = nil
        lostAt = nil
    }

    private mutating func retire(_ session: Agent?, at now: Instant) {
        retired = session
        retiredUntil = session.map { _ in now + Self.retirement }
    }
}
