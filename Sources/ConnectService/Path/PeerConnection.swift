package import DTLS
import HostNetwork
package import ICE
package import NIOCore
import NIOTransport
package import NetPrimitives
import PortMapping
package import Rendezvous
import SCTP
import STUN
package import Session
import Synchronization
import TURN

/// The way to the other person: sockets, ICE, TURN, DTLS and SCTP, driven on one event loop.
///
/// The machines hold the protocols; this drains them in one place (`drain`), moves their bytes to and
/// from sockets and wakes them when their next deadline has come.
package actor PeerConnection {
    package enum Event: Sendable {
        /// For the other side, through the rendezvous. Once there is a path it is told on that as well.
        case signal(PeerPayload)
        /// DTLS is finished and SCTP is up.
        case connected(PathDescription)
        /// Both channels are open: messages can be sent.
        case ready
        case pathChanged(PathDescription, RestartingAgent.Reason)
        case pathLost
        /// No pair answers; comes again every few seconds.
        case unanswered
        /// The peer says that it can be reached by UDP at this address, which is no relay's.
        case peerToldOf(TransportAddress)
        /// The peer's computer is about to be suspended: its silence is no loss.
        case peerSuspended
        /// This host has other addresses: what hangs on its ports has to be made anew for those that it has now.
        case networkChanged(ports: [TransportAddress])
        /// The addresses are what they were; the ways out of here may be others.
        case routesChanged
        case message(Channel, [UInt8])
        /// Of a data channel besides those.
        case side(SideChannel.Event)
        /// Nothing comes after it.
        case failed(Failure)
        /// The other side has closed the association in order; nothing comes after it.
        case closed
    }

    package enum Failure: Error, Hashable, Sendable {
        case noPath
        /// There was a path, and it was silent for longer than anybody waits.
        case peerLost
        /// Whoever answered does not hold the certificate that was promised.
        case impostor
        case transport(String)
    }

    /// The data channels of a session, which the helper opens.
    package enum Channel: String, Sendable, CaseIterable {
        /// Consent, chat, input: small, in order, before everything else.
        case control
        /// Compressed pictures, in order.
        case screen
        /// What the agents signal to each other (`PeerPayload`): a restart needs no rendezvous.
        case path
    }

    package nonisolated let loop: any EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
    package nonisolated let localCredentials: ICE.Credentials
    /// Bytes of the screen that wait to be sent, for whoever encodes it.
    nonisolated let screenBacklog = Atomic<Int>(0)

    /// The relay's dial-backs that are to come to one of our ports.
    nonisolated let calls = ExpectedCalls()

    let role: Session.Role
    let identity: Identity
    let emit: @Sendable (Event) -> Void

    package internal(set) var agent: RestartingAgent
    var sockets: [TransportAddress: DatagramSocket] = [:]
    /// How much each of our addresses is wanted (RFC 8445 §5.1.2.1).
    var localPreferences: [IPAddress: UInt16] = [:]
    /// Where TCP connections of the peer come in; nil without `--door`.
    var door: Door?
    var streams: [StreamEnds: PacketStream] = [:]
    var dialler = Dialler()
    var lastStream = 0
    /// Whether the peer listens somewhere, so that we open connections.
    var isActive = false
    /// By the number that each leg's socket brings its bytes with.
    var legs: [Int: RelayedLeg] = [:]
    var lastLeg = 0
    var bindings: [(base: TransportAddress, client: BindingClient)] = []
    /// How the relay sees each of our ports.
    var reflexive: [TransportAddress: IPAddress] = [:]
    /// Whom to ask how our ports look from outside.
    var stunServers: [TransportAddress] = []
    var bindingsAskedAt: Instant?
    /// Whether servers were asked in this breath: a restart that begins need not ask them again.
    var hasJustAsked = false
    var ladder: RelayLadder?
    var turnCredentials: TURNCredentials?
    var relayTrust: RelayTrust?
    var relayServers: [RelayServer] = []
    /// See `keepSpare`.
    var spare: SpareRelay?
    var searchNode: (@Sendable (RelayURL) async throws -> NodeServers)?
    /// This host's addresses, as they are now.
    var localAddresses: (@Sendable () -> [LocalAddress])?
    var watch: AddressWatch?
    /// While ports are opened on new addresses; what changes meanwhile is looked at then.
    var isMoving = false
    var hasToLookAgain = false
    /// Ports opened so far: each next one is a little less wanted (RFC 8445 §5.1.2.1).
    var openedPorts: UInt16 = 0
    var remoteIPs: [IPAddress] = []
    /// See `signalAgain`.
    var repetitions = RateLimit(at: .zero)
    var isRepetitionDue = false
    var dtls: Endpoint?
    /// Made before there is anybody to wait for it; takes part once it is told whom to expect.
    private var readyEndpoint: Endpoint?
    private var rehearsal: Task<Void, Never>?
    /// Takes what comes, where there is no DTLS (`carryDatagrams`).
    var receiveDatagram: (@Sendable ([UInt8]) -> Void)?
    /// Where the datagram came to, and from, that DTLS has taken last: on what the peer's data vouches for a path.
    var lastOrigin: (base: TransportAddress, remote: TransportAddress, transport: CandidateTransport)?
    /// What DTLS has sent last.
    var lastRecord: [UInt8]?
    /// Whether no pair answered when that was looked at last.
    var wasUnanswered = false
    var sctp: Association?
    var channels: [Channel: ChannelID] = [:]
    var sideChannels = SideChannels()
    var fragments = ScreenFragments()
    var isReady = false
    var isDraining = false
    /// Control messages that came before `.ready`: channels are independent, and loss delays one and not the other.
    var early: [[UInt8]] = []
    static let earlyLimit = 64
    /// When data could flow first.
    var firstPathAt: Instant?
    /// Whether SCTP is up, and whether that was told.
    var isAssociated = false
    var hasConnected = false
    var isOver = false
    var hasSignalledEnd = false
    var timer: Scheduled<Void>?
    var whenClosed: [CheckedContinuation<Void, Never>] = []
    /// Tells of this computer's suspensions, while there is a peer to be told.
    var suspensions: SuspensionWatch?
    var suspensionClock = SuspensionClock(monotonic: MonotonicClock.now(), boot: RouterClock.now())
    var wokenAt: Instant?
    var askedForHelpAt: Instant?

    /// - Parameters:
    ///   - iceRole: another one than the helper's or the sharer's; the agents sort it out should both have the same.
    ///   - emit: called on `loop`, in order.
    package init(
        role: Session.Role, iceRole: ICE.Role? = nil, identity: Identity, loop: any EventLoop,
        emit: @escaping @Sendable (Event) -> Void
    ) {
        self.role = role
        self.identity = identity
        self.loop = loop
        self.emit = emit
        var random = SystemRandomNumberGenerator()
        localCredentials = ICE.Credentials(using: &random)
        // The helper comes last and knows when it starts: it chooses the pair.
        var configuration = Agent.Configuration()
        // Consent lasts 30 s; with these two minutes more a silent peer is waited for 150 s.
        configuration.consent = .watchful
        configuration.consent.abandonment = .seconds(120)
        agent = RestartingAgent(
            role: iceRole ?? (role == .helper ? .controlling : .controlled), localCredentials: localCredentials,
            configuration: configuration)
    }

    private func makeEndpoint() throws(DTLS.Failure) -> Endpoint {
        try Endpoint(role: role == .helper ? .client : .server, identity: identity, expecting: nil)
    }

    // MARK: - Commands

    /// Does in advance what every session needs. Nothing is missing without it but milliseconds, when each counts.
    package func warmUp() {
        readyEndpoint = try? makeEndpoint()
        rehearsal = Task.detached(priority: .utility) { [identity] in Rehearsal.run(with: identity) }
    }

    /// What the other side said of itself; checks begin.
    package func setRemote(credentials: ICE.Credentials, fingerprint: DTLS.Fingerprint) {
        guard dtls == nil, !isOver else { return }
        do {
            let endpoint = try readyEndpoint ?? makeEndpoint()
            endpoint.expectedPeer = fingerprint
            dtls = endpoint
        } catch {
            return fail(.transport("\(error)"))
        }
        agent.setRemoteCredentials(credentials, at: MonotonicClock.now())
        drain()
    }

    /// Our own UDP ports, as they are now.
    package var ports: [TransportAddress] { Array(sockets.keys) }

    /// What was tried, for people who wonder.
    var report: [PairReport] { agent.active.report(at: MonotonicClock.now()) }

    /// When anything authenticated came last on the chosen path.
    var lastReceivedAt: Instant? { agent.lastReceivedAt }

    /// Asks the peer for a sign of life now, instead of within the next seconds.
    func probe() {
        agent.checkConsent(at: MonotonicClock.now())
        drain()
    }

    /// Takes newer credentials for the relay, for what is asked there from now on.
    func renew(_ credentials: TURNCredentials?) {
        turnCredentials = credentials ?? turnCredentials
    }

    /// Ends in order: what was sent is delivered, as far as the peer is there to take it.
    ///
    /// - Parameter peerIsLost: nobody is there to take anything.
    package func close(peerIsLost: Bool) async {
        if let sctp, hasConnected, !isOver, !peerIsLost {
            sctp.shutdown()
            drain()
            // A peer that was there a moment ago gets the time that a slow uplink needs.
            let isThere = lastReceivedAt.map { MonotonicClock.now() - $0 < .seconds(7) } ?? false
            let patience: TimeAmount = isThere ? .seconds(4) : .seconds(1)
            let deadline = loop.scheduleTask(in: patience) { self.assumeIsolated { $0.resumeClosers() } }
            if !isOver { await withCheckedContinuation { whenClosed.append($0) } }
            deadline.cancel()
        }
        tearDown()
        // OpenSSL puts itself away when the process exits: nobody may be using it then.
        await rehearsal?.value
    }

    func resumeClosers() {
        for waiter in whenClosed { waiter.resume() }
        whenClosed = []
    }

    /// Gives everything back. The last packets (close_notify, Refresh of 0 s) leave before their sockets close.
    private func tearDown() {
        isOver = true
        let now = MonotonicClock.now()
        dtls?.close()
        while let packet = dtls?.nextTransmit() { sendData(packet, at: now) }
        for leg in legs.values {
            leg.client.close(at: now)
            leg.flush()
            leg.close()
        }
        for socket in sockets.values { socket.close() }
        closeStreams()
        watch?.close()
        suspensions = nil
        sctp?.abort()
        timer?.cancel()
        ladder = nil
        (spare, searchNode) = (nil, nil)
        sockets = [:]
        legs = [:]
        bindings = []
        resumeClosers()
    }

    func fail(_ failure: Failure) {
        guard !isOver else { return }
        isOver = true
        emit(.failed(failure))
        resumeClosers()
    }

    // MARK: - What arrives

    func received(_ bytes: [UInt8], on base: TransportAddress, from source: TransportAddress) {
        let now = MonotonicClock.now()
        handle(bytes, on: base, from: source, at: now)
        drain()
    }

    func received(_ bytes: [UInt8], onLeg number: Int) {
        guard let leg = legs[number] else { return }
        leg.client.receive(bytes, at: MonotonicClock.now())
        drain()
    }

    /// - Returns: whether it was of ICE.
    @discardableResult
    func handle(
        _ bytes: [UInt8], on base: TransportAddress, from source: TransportAddress, transport: CandidateTransport = .udp,
        at now: Instant
    ) -> Bool {
        if transport == .udp, let answer = calls.take(bytes, from: source) {
            sockets[base]?.send(answer, to: source)
            return false
        }
        switch agent.receive(bytes, on: base, from: source, transport: transport, at: now) {
        case .handled:
            return true
        case .foreign:
            guard transport == .udp, let message = try? Message(decoding: bytes) else { return false }
            for index in bindings.indices where bindings[index].base == base {
                if bindings[index].client.receive(message, from: source, at: now) { break }
            }
        case .application:
            if let receiveDatagram {
                receiveDatagram(bytes)
            } else if Endpoint.accepts(bytes), let dtls {
                // DTLS authenticates what it takes; anything else is nobody's (RFC 7983 §7).
                lastOrigin = (base, source, transport)
                dtls.receive(bytes, at: now)
            }
        }
        return false
    }

    // MARK: - Sending

    func send(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, at now: Instant) {
        if let socket = sockets[source] {
            socket.send(bytes, to: destination)
        } else if let leg = leg(of: source) {
            leg.client.send(bytes, to: destination, at: now)
            leg.flush()
        }
    }

    /// Sends on the chosen pair, as long as the peer consents to receive (RFC 7675 §5.1).
    func sendData(_ packet: [UInt8], at now: Instant) {
        guard let pair = agent.dataPair, agent.maySendData(at: now) else { return }
        switch pair.transport {
        case .udp: send(packet, from: pair.source, to: pair.destination, at: now)
        case .tcp: send(packet, on: StreamEnds(base: pair.source, remote: pair.destination), at: now)
        }
    }

    func leg(of relayed: TransportAddress) -> RelayedLeg? { legs.values.first { $0.relayed == relayed } }

    // MARK: - Time

    /// Until when a better path than the first is waited for before the person reads of it.
    private var connectionDeadline: Instant? {
        isAssociated && !hasConnected ? firstPathAt.map { $0 + Self.pathPatience } : nil
    }

    func schedule(at now: Instant) {
        timer?.cancel()
        var deadline = Optional.earliest(
            agent.nextDeadline, dtls?.nextDeadline, sctp?.nextDeadline, ladder?.nextDeadline, spare?.nextDeadline, streamDeadline,
            hasSignalledEnd ? nil : bindingsDeadline.flatMap { $0 > now ? $0 : nil },
            connectionDeadline.flatMap { $0 > now ? $0 : nil })
        for leg in legs.values { deadline = .earliest(deadline, leg.client.nextDeadline) }
        for binding in bindings { deadline = .earliest(deadline, binding.client.nextDeadline) }
        timer = deadline.map { deadline in
            loop.scheduleTask(in: .until(deadline, from: now)) {
                self.assumeIsolated { $0.handleTimeout() }
            }
        }
    }

    private func handleTimeout() {
        let now = MonotonicClock.now()
        noticeWaking(at: now)
        agent.handleTimeout(at: now)
        dtls?.handleTimeout(at: now)
        sctp?.handleTimeout(at: now)
        for leg in legs.values { leg.client.handleTimeout(at: now) }
        for index in bindings.indices { bindings[index].client.handleTimeout(at: now) }
        ladder?.handleTimeout(at: now)
        handleStreamTimeout(at: now)
        leaveUnwantedLegs(at: now)
        climbLadder(at: now)
        drain()
    }
}
