import DTLS
import Desktop
import Foundation
import HostNetwork
import ICE
import Logging
public import NIOCore
public import NIOPosix
import NetPrimitives
public import Rendezvous
public import Session
import Synchronization

/// The sharer's side, from the invitation to the end: `ra-connect share`.
public actor ShareFlow: AssistanceFlow, ClipboardFlow {
    public struct Options: Sendable {
        public var relay: RelayURL
        /// A proxy through which the relay is looked for as well.
        public var proxy: ProxyRule?
        /// What the helper reads.
        public var name: String
        /// Seconds until the invitation expires.
        public var lifetime: Int
        public var ceiling: Rendezvous.Ceiling
        /// nil: `$DISPLAY`.
        public var display: String?
        /// Where the invitation is to be saved, as a `.rainvite` file.
        public var file: String?
        /// What the file, on disk or in a message, is to be opened with; nil: whoever has it can use it.
        public var password: String?
        /// How it is to be mailed, and to whom.
        public var mail: MailDelivery?
        /// The contacts whom it is for, in place of whoever holds the code.
        public var recipients: Recipients?
        /// How whoever helps may become a contact; nil where they are one, or there are to be none.
        public var newContact: SessionContacts.Setup?
        /// What stands beside each request.
        public var notice = ConsentNotice()
        /// What the policy leaves of files, clipboard and connections.
        public var rules = SideRules()
        /// Where files are put that come; nil: where the desktop says.
        public var downloads: String?
        /// Whether the session is written down.
        public var isLogged = true

        public init(
            relay: RelayURL, proxy: ProxyRule? = nil, name: String, lifetime: Int = 3600,
            ceiling: Rendezvous.Ceiling = .control, display: String? = nil, file: String? = nil,
            mail: MailDelivery? = nil
        ) {
            self.relay = relay
            self.proxy = proxy
            self.name = name
            self.lifetime = lifetime
            self.ceiling = ceiling
            self.display = display
            self.file = file
            self.mail = mail
        }
    }

    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    var options: Options
    /// Of the node at which we wait.
    var trust: RelayTrust
    var route: FleetRoute
    var redirects = Redirects()
    /// The WebSocket that counts, of those that were asked for before the meeting; 0: none.
    var opening = 0
    private var lastOpening = 0
    let printer: EventPrinter
    let names: NameResolver
    var client: SharerClient
    var socket: RendezvousSocket?
    /// The WebSocket before, until the relay knows the one there is now.
    var former: RendezvousSocket?
    var relay: RelayDiscovery.Relay?
    var rejoiner: Rejoiner?
    private var servers: [RelayServer] = []
    var turn: TURNCredentials?
    var peer: PeerConnection?
    var driver: SessionDriver?
    var clipboard: ClipboardService?
    var screen: ScreenSource?
    /// Nil when there cannot be one.
    var notice: DisplayThread<Notice>?
    /// What it was last told to say.
    var noticed: NoticeContent?
    /// Whether the screen is shown as soon as the notice is.
    var waitsForNotice = false
    var hasExplainedEsc = false
    /// One for our UDP ports, and one for `--door`.
    private var doors: [RouterDoor] = []
    private var prover: MappingProver?
    private var identity: Identity?
    /// The helper that has proven the secret.
    var meeting: MeetingID?
    private var gatheredAt: Instant?
    public var end = FlowEnd()
    var relayLostAt: Instant?
    /// Messages sent: a code that strangers make void again and again must not fill anybody's mailbox.
    var sentMessages = 0
    static let maximumMessages = 3
    /// What a mail program attaches, whenever it is so far.
    var attachments: [TemporaryFolder] = []
    /// What is written down of our invitations: the last one is the one that is good.
    var records: [InvitationRecords.Held] = []
    static let maximumRecords = 4
    /// Where contacts are rung.
    var desk: ContactDesk?
    var rung: [PersonAddress: (call: Int?, state: Ringing)] = [:]
    var ringTimer: Scheduled<Void>?
    /// Where the relay serves pages, for the link of whoever came by http.
    var web: RelayURL?

    /// How long a sharer who waits for a helper tries to get a lost relay back.
    static let relayPatience = Duration.seconds(60)

    public init(_ options: Options, printer: EventPrinter, loop: any EventLoop, pool: NIOThreadPool) {
        self.options = options
        trust = RelayTrust(options.relay)
        route = FleetRoute(options.relay)
        self.printer = printer
        self.loop = loop
        names = NameResolver(pool: pool)
        client = SharerClient(identity: options.recipients?.identity)
    }

    public func begin() async throws {
        try await prepare()
        try await invite()
    }

    /// Takes a line of standard input.
    public func perform(line: String) { driver?.perform(line: line) }

    // MARK: - Up to the invitation

    /// Listens on TCP for the helper; the router is asked for the port together with the others. Before `run`.
    ///
    /// - Throws: `DoorError`, when there is no door where the person wanted it.
    public func openDoor(at wanted: DoorPort) async throws {
        let port = try await makePeer().openDoor(
            at: wanted, on: LocalAddresses.candidates(relayIsLoopback: options.relay.endpoint.isLoopback).map(\.ip))
        if wanted == .usual, port != DoorPort.usualPort {
            printer.note("Port \(DoorPort.usualPort) cannot be used on this computer, so the door is on port \(port).")
        }
    }

    private func makePeer() throws -> PeerConnection {
        if let peer { return peer }
        let identity = try Identity()
        self.identity = identity
        let peer = PeerConnection(role: .sharer, identity: identity, loop: loop) { event in
            self.assumeIsolated { $0.handle(event) }
        }
        self.peer = peer
        peer.assumeIsolated { $0.warmUp() }
        return peer
    }

    private func prepare() async throws {
        let peer = try makePeer()
        let screen = try ScreenSource(
            backlog: { peer.screenBacklog.load(ordering: .relaxed) },
            emit: { output in self.loop.execute { self.assumeIsolated { $0.handle(output) } } })
        do {
            try await screen.start(display: options.display)
        } catch {
            throw FlowError(.displayLost, "\(error)")
        }
        self.screen = screen
        await openNotice()
        let driver = SessionDriver(
            role: .sharer, peer: peer, ceiling: options.ceiling == .control ? .control : .viewOnly, printer: printer,
            loop: loop, notice: options.notice, rules: options.rules, history: options.isLogged ? SessionHistory() : nil)
        driver.onEvent = { [unowned self] event in assumeIsolated { $0.handle(event) } }
        driver.onIntroduction = { [unowned self] name, fingerprint, person in
            assumeIsolated { $0.introduced(name, fingerprint, person) }
        }
        driver.onChange = { [unowned self] in assumeIsolated { $0.updateNotice() } }
        driver.onEnd = { [unowned self] reason, _ in assumeIsolated { $0.concluded(reason) } }
        driver.offer(
            FileService(driver: driver, folder: DownloadFolder.path(given: options.downloads), printer: printer, loop: loop))
        // Also with none to lend: the helper is to know that.
        driver.offer(LendingService(driver, loop: loop))
        self.driver = driver
        driver.contacts = sessionContacts(options.newContact)
        guard !options.rules.clipboard.isEmpty else { return }
        let clipboard = ClipboardService(driver: driver)
        driver.offer(clipboard)
        self.clipboard = clipboard
        await openClipboard(of: options.display)
    }

    private func invite() async throws {
        guard let peer else { return }
        try await checkRecipients()
        try await connect(to: [options.relay])
        guard !isOver else { return }
        let isTrial = options.relay.endpoint.isLoopback
        await peer.openPorts(on: LocalAddresses.candidates(relayIsLoopback: isTrial))
        await peer.follow { LocalAddresses.candidates(relayIsLoopback: isTrial) }
        guard !isOver else { return }  // nobody would close a door that is made now
        // Asked for now, so that the router has long answered when the helper comes.
        askRouters(for: peer)
        client.createInvitation(InvitationTerms(lifetime: options.lifetime, uses: 1, ceiling: options.ceiling))
        drainRendezvous()
    }

    /// - Parameter nodes: those that are asked, one after the other; the one that takes us is ours from then on.
    func connect(to nodes: [RelayURL]) async throws(FlowError) {
        let before = lastOpening
        lastOpening += nodes.count
        opening = 0
        let trusts = nodes.map { $0 == trust.url ? trust : RelayTrust($0) }
        let patience = route.hasOthers ? FleetRoute.patience : .seconds(6)
        let (index, (socket, relay)) = try await Meeting.connect(
            toOneOf: trusts, proxy: options.proxy, patience: patience, loop: loop
        ) { event, index in
            self.assumeIsolated { if $0.opening == before + index + 1 { $0.received(event) } }
        }
        opening = before + index + 1
        let servers = await RelayServer.resolve(relay, proxy: options.proxy, resolver: names)
        // From here on nothing is waited for: the socket that is kept is one that is open.
        guard socket.isOpen, !isOver else {
            socket.close()
            throw FlowError(.relayLost, "The relay closed the connection.")
        }
        trust = trusts[index]
        route.learn(relay.description)
        self.socket = socket
        self.relay = relay
        self.servers = servers
        prover = peer.flatMap { MappingProver(relay, servers: servers, trust: trust, peer: $0, loop: loop) }
        provePorts()
        web = relay.description.web.flatMap { RelayURL($0) }
        relayLostAt = nil
        driver?.hasLostRelay = false
        client.connectionOpened()
        drainRendezvous()
    }

    private func askRouters(for peer: PeerConnection) {
        let transports: [TransportProtocol] = peer.assumeIsolated { $0.door == nil } ? [.udp] : [.udp, .tcp]
        doors = transports.map { Meeting.door($0, of: peer, driver: driver, printer: printer) }
        provePorts()
    }

    private func provePorts() {
        guard let prover else { return }
        for door in doors { door.prove(by: prover.prove) }
    }

    func gather() {
        // What a router translates for us it forgets within half a minute: an arrival long after the last asks again.
        let now = MonotonicClock.now()
        guard let peer, meeting == nil, gatheredAt.map({ now - $0 > .seconds(20) }) ?? true else { return }
        gatheredAt = now
        let (servers, turn, trust) = (servers, turn, trust)
        peer.assumeIsolated {
            $0.gatherReflexive(from: servers)
            $0.gatherRelayed(from: servers, credentials: turn, trust: trust)
        }
    }

    // MARK: - The helper

    func verified(_ meeting: MeetingID) {
        guard self.meeting == nil, let peer, let identity else { return client.refuse(meeting) }
        ClientLog.step("the other side is verified")
        self.meeting = meeting
        // From now on there is the session's own way back, and a gap in the network is not to cost it.
        socket?.endKeepalive()
        stopRinging(saying: .taken)
        rejoiner = relay.map { relay in
            Rejoiner(relay: relay, trust: trust, proxy: options.proxy, loop: loop) { event in
                self.assumeIsolated { $0.received(event) }
            }
        }
        keepSpare()
        driver?.expectConnection()
        client.send(
            Meeting.description(name: options.name, identity: identity, credentials: peer.localCredentials), to: meeting)
        for payload in peer.assumeIsolated({ $0.standingOffer }) { client.send(payload, to: meeting) }
    }

    private func tell(_ payload: PeerPayload) {
        guard let meeting else { return }  // who comes is told of everything
        client.send(payload, to: meeting)
        drainRendezvous()
    }

    // MARK: - The session

    func handle(_ event: PeerConnection.Event) {
        switch event {
        case .signal(let payload): tell(payload)
        case .pathChanged: screen?.order(.pathChanged)
        case .networkChanged(let ports):
            let listening = peer?.assumeIsolated { $0.doorAddresses } ?? []
            for door in doors { door.follow(door.transport == .udp ? ports : listening) }
            rejoin(.networkChanged)
        case .routesChanged:
            for door in doors { door.lookAgain() }
        case .peerToldOf(let address):
            for door in doors { door.meets(address) }
        case .unanswered: rejoin(.pathUnanswered)
        case .connected, .ready, .pathLost, .peerSuspended, .message, .side, .failed, .closed: break
        }
        driver?.handle(event)
    }

    func handle(_ event: SessionEvent) {
        switch event {
        case .startSharing: startSharing()
        case .stopSharing: stopSharing()
        case .input(let input): screen?.input(input)
        case .letGo, .revoked, .paused, .ended, .sideRequest: screen?.forbidInput()
        case .keyFrameRequested: screen?.order(.requestKeyFrame)
        case .frameAcknowledged(let frame): screen?.order(.acknowledge(frame))
        case .granted(.view, _): printer.note("Type “pause” to hide it for a while, “stop” to end.")
        case .granted(.control, _): sayWayBack()
        case .request, .granted, .denied, .chat, .resumed, .sideGranted, .sideDenied, .sideRevoked, .peerRules: break
        }
    }

    func handle(_ output: ScreenSource.Output) {
        switch output {
        case .frame(let message):
            // A picture that was under way on the thread when sharing stopped stays here.
            guard driver?.machine?.screenMayFlow == true else { return }
            driver?.sentPicture(bytes: message.count)
            peer?.assumeIsolated { _ = $0.send(message, on: .screen) }
        case .lost(let sentence):
            finish(.displayLost, sentence)
        }
    }

    // MARK: - The end

    public func finish(_ reason: EndReason, _ detail: String) {
        guard !isOver else { return }
        if let driver {
            driver.end(reason, detail)
        } else {
            printer.print(.ended(reason, detail: detail))
            concluded(reason)
        }
    }

    private func concluded(_ reason: EndReason) {
        guard !isOver else { return }
        end.conclude(reason)
    }

    public func cleanUp() async {
        await rejoiner?.giveUp()
        screen?.order(.stopSharing)
        screen?.forbidInput()
        notice = nil
        stopRinging()
        await desk?.close()
        await driver?.contacts?.end()
        let (peer, doors, screen) = (peer, doors, screen)
        async let stopped: Void? = screen?.quit()
        async let closed: Void = RouterDoor.close(doors)
        await peer?.close(peerIsLost: hasLostPeer)
        if let meeting { client.leave(meeting) }
        attachments.removeAll()
        client.revoke()
        drainRendezvous()
        forgetInvitations()
        _ = await (closed, stopped)
        socket?.close()
        former?.close()
    }
}
