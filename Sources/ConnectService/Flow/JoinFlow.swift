import DTLS
import Foundation
import HostNetwork
import ICE
import Logging
public import NIOCore
public import NIOPosix
import NIOTransport
import NetPrimitives
public import Rendezvous
import ScreenCodec
public import Session

/// The helper's side, from the invitation to the end: `ra-connect join`.
public actor JoinFlow: AssistanceFlow, ClipboardFlow {
    public struct Options: Sendable {
        public var relay: RelayURL
        /// A proxy through which the relay is looked for as well.
        public var proxy: ProxyRule?
        public var invitation: Invitation
        /// What the sharer reads.
        public var name: String
        /// Whether a window is opened for the person.
        public var hasViewer: Bool
        /// Where the first complete picture is written as PNG.
        public var snapshot: String?
        /// Ports of this computer that are to lead to places at the sharer's.
        public var wishes: [ForwardingWish] = []
        /// The places that the policy of this computer allows; nil: any.
        public var borrowable: [Destination]?
        /// What the policy leaves of files, clipboard and connections.
        public var rules = SideRules()
        /// Where files are put that come; nil: where the desktop says.
        public var downloads: String?
        /// Whether the session is written down.
        public var isLogged = true
        /// Who this person is to their contacts, and which of them invites; nil where it is somebody with a code.
        public var person: PersonIdentity?
        public var contact: Contact?
        /// How the sharer may become a contact; nil where they are one, or there are to be none.
        public var newContact: SessionContacts.Setup?

        public init(
            relay: RelayURL, proxy: ProxyRule? = nil, invitation: Invitation, name: String, hasViewer: Bool = true,
            snapshot: String? = nil
        ) {
            self.relay = relay
            self.proxy = proxy
            self.invitation = invitation
            self.name = name
            self.hasViewer = hasViewer
            self.snapshot = snapshot
        }
    }

    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    let options: Options
    /// Of the relay where the sharer waits; at first of the one that was given.
    var trust: RelayTrust
    var search: NodeSearch
    /// The WebSocket that counts, of those that were asked for before the meeting.
    var opening = 0
    let printer: EventPrinter
    private let names: NameResolver
    private let startedAt = MonotonicClock.now()
    var client: HelperClient
    var handshakeTimer: Scheduled<Void>?
    var socket: RendezvousSocket?
    /// The WebSocket before, until the relay knows the one there is now.
    var former: RendezvousSocket?
    var relay: RelayDiscovery.Relay?
    var rejoiner: Rejoiner?
    var servers: [RelayServer] = []
    var peer: PeerConnection?
    var driver: SessionDriver?
    var clipboard: ClipboardService?
    private var door: RouterDoor?
    private var listeners: [(ForwardingWish, ForwardingListener)] = []
    private var borrowing: BorrowingService?
    private var viewer: ViewerServer?
    private var lastViewerState: ViewerUpdate.State?
    var fingerprint = ""
    private var identity: Identity?
    private(set) var hasAgreed = false
    private var isVerified = false
    private var picture: FirstPicture?
    private var isDecoding = false
    private var lastSize: (width: Int, height: Int)?
    public var end = FlowEnd()

    public init(_ options: Options, printer: EventPrinter, loop: any EventLoop, pool: NIOThreadPool) {
        self.options = options
        trust = RelayTrust(options.relay)
        search = NodeSearch(at: options.relay)
        self.printer = printer
        self.loop = loop
        names = NameResolver(pool: pool)
        client = HelperClient(invitation: options.invitation, identity: options.person)
        picture = FirstPicture(snapshot: options.snapshot, pool: pool)
    }

    public func begin() async throws {
        try await prepare()
        try await meet()
    }

    /// Takes a line of standard input.
    public func perform(line: String) { driver?.perform(line: line) }

    // MARK: - Up to the meeting

    /// Listens on the ports that are to lead to the sharer's network, so that one that is taken is noticed before anybody is
    /// asked for anything. Before `run`.
    public func openPorts() async throws(ForwardingPortError) {
        for wish in options.wishes {
            let listener = try await ForwardingListener.open(port: wish.localPort, loop: loop) { connection in
                self.assumeIsolated { $0.borrowing?.arrived(connection, at: wish.localPort) ?? false }
            }
            listeners.append((wish, listener))
        }
    }

    private func prepare() async throws {
        let identity = try Identity()
        self.identity = identity
        let peer = PeerConnection(role: .helper, identity: identity, loop: loop) { event in
            self.assumeIsolated { $0.handle(event) }
        }
        self.peer = peer
        await peer.warmUp()
        var notice = ConsentNotice()
        if options.contact != nil { notice.verified = .contact }
        let driver = SessionDriver(
            role: .helper, peer: peer, ceiling: .control, printer: printer, loop: loop, notice: notice, rules: options.rules,
            history: options.isLogged ? SessionHistory() : nil)
        driver.begin(at: startedAt)
        driver.onEvent = { [unowned self] event in assumeIsolated { $0.handle(event) } }
        driver.onScreen = { [unowned self] message in assumeIsolated { $0.show(message) } }
        driver.onChange = { [unowned self] in assumeIsolated { $0.updateViewer() } }
        driver.onIntroduction = { [unowned self] name, fingerprint, person in
            assumeIsolated { $0.introduced(name, fingerprint, person) }
        }
        driver.onEnd = { [unowned self] reason, _ in assumeIsolated { $0.concluded(reason) } }
        let files = FileService(driver: driver, folder: DownloadFolder.path(given: options.downloads), printer: printer, loop: loop)
        files.onTold = { [unowned self] line in assumeIsolated { $0.note(line) } }
        driver.offer(files)
        if !listeners.isEmpty {
            let service = BorrowingService(driver, allowed: options.borrowable, loop: loop)
            for (wish, listener) in listeners { service.add(listener, for: wish) }
            driver.offer(service)
            borrowing = service
        }
        self.driver = driver
        driver.contacts = sessionContacts(options.newContact)
        guard !options.rules.clipboard.isEmpty else { return }
        let clipboard = ClipboardService(driver: driver)
        driver.offer(clipboard)
        self.clipboard = clipboard
        await openClipboard(of: nil)
    }

    func meet() async throws {
        guard let peer else { return }
        // The router is asked first of all: its answer may take a second, and a door counts only before the choice.
        let isTrial = options.relay.endpoint.isLoopback
        await peer.openPorts(on: LocalAddresses.candidates(relayIsLoopback: isTrial))
        await peer.follow { LocalAddresses.candidates(relayIsLoopback: isTrial) }
        guard !isOver else { return }  // nobody would close a door that is made now
        door = Meeting.door(of: peer, driver: driver, printer: printer)
        printer.note("Looking for the relay…")
        let (socket, relay) = try await openSocket()
        let servers = await RelayServer.resolve(relay, proxy: options.proxy, resolver: names)
        guard socket.isOpen, !isOver else {
            socket.close()
            throw FlowError(.relayLost, "The relay closed the connection.")
        }
        self.socket = socket
        search.learn(relay.description)
        self.relay = relay
        self.servers = servers
        MappingProver(relay, servers: servers, trust: trust, peer: peer, loop: loop).map { door?.prove(by: $0.prove) }
        client.connectionOpened(at: MonotonicClock.now())
        drainRendezvous()
        // While the two programs prove the secret to each other, the network is asked already.
        await peer.gatherReflexive(from: servers)
    }

    // MARK: - The sharer

    /// Only whoever holds the secret can read what is sent from now on: the paths need not wait for the proof.
    func agreed() {
        guard let peer, let identity else { return }
        hasAgreed = true
        client.send(
            Meeting.description(name: options.name, identity: identity, credentials: peer.localCredentials))
        for payload in peer.assumeIsolated({ $0.standingOffer }) { client.send(payload) }
    }

    func verified() {
        ClientLog.step("the other side is verified")
        isVerified = true
        driver?.expectConnection()
        let trust = trust
        rejoiner = relay.map { relay in
            Rejoiner(relay: relay, trust: trust, proxy: options.proxy, loop: loop) { event in
                self.assumeIsolated { $0.received(event) }
            }
        }
        // A relay without TURN gives no credentials: there is nothing to wait for.
        peer?.assumeIsolated { if $0.ladder == nil { $0.gatherRelayed(from: [], credentials: nil, trust: trust) } }
    }

    private func tell(_ payload: PeerPayload) {
        guard hasAgreed else { return }  // it is told of everything then
        client.send(payload)
        drainRendezvous()
    }

    // MARK: - The session

    func handle(_ event: PeerConnection.Event) {
        switch event {
        case .signal(let payload): tell(payload)
        case .connected: if options.hasViewer { Task { await self.openViewer() } }
        case .ready: printer.note("Waiting for \(driver?.peerName ?? "the other side") to say yes…")
        case .networkChanged(let ports):
            door?.follow(ports)
            rejoin(.networkChanged)
        case .routesChanged: door?.lookAgain()
        case .peerToldOf(let address): door?.meets(address)
        case .unanswered: rejoin(.pathUnanswered)
        case .pathChanged, .pathLost, .peerSuspended, .message, .side, .failed, .closed: break
        }
        driver?.handle(event)
    }

    func handle(_ event: SessionEvent) {
        guard case .chat(let from, let text) = event else { return }
        viewer?.assumeIsolated { $0.send(.chat(from: from, text: text)) }
    }

    /// A screen message that may be shown: to the window, and the first complete one to the snapshot.
    private func show(_ message: [UInt8]) {
        var reader = ByteReader(message)
        guard let header = try? FrameHeader(from: &reader) else { return }
        driver?.perform(.acknowledge(frame: header.sequence))
        let isKey = header.flags.contains(.key)
        let size = (width: Int(header.width), height: Int(header.height))
        if let viewer {
            if lastSize.map({ $0 != size }) ?? true {
                viewer.assumeIsolated { $0.send(.size(width: size.width, height: size.height)) }
            }
            viewer.assumeIsolated { $0.show(message, isKey: isKey) }
        }
        lastSize = size
        if isKey, picture != nil, !isDecoding {
            isDecoding = true
            Task { await self.decodeFirst(message) }
        }
    }

    private func decodeFirst(_ message: [UInt8]) async {
        guard let picture else { return }
        do {
            let size = try await picture.show(message)
            self.picture = nil
            guard !isOver else { return }  // `ended` is the last event
            printer.print(
                .firstFrame(
                    elapsedMilliseconds: (MonotonicClock.now() - startedAt).milliseconds, width: size.width,
                    height: size.height))
        } catch let error as PNGWriter.WriteError {
            self.picture?.snapshot = nil
            printer.complain("\(error)")
            driver?.perform(.requestKeyFrame)
        } catch {
            driver?.perform(.requestKeyFrame)
        }
        isDecoding = false
    }

    // MARK: - The window

    private func openViewer() async {
        let viewer = ViewerServer(loop: loop) { message in
            self.assumeIsolated { $0.handle(message) }
        }
        do {
            let address = try await viewer.start()
            self.viewer = viewer
            if isOver { return await viewer.stop() }
            printer.note("A window opens in your browser. If none does, go to \(address)")
            Browser.open(address)
            updateViewer()
        } catch {
            printer.note("The window cannot be opened: \(error)")
        }
    }

    func handle(_ message: ViewerMessage) {
        for command in message.commands ?? [] { driver?.perform(command) }
    }

    /// Tells the window what became of a file.
    private func note(_ line: SessionEventLine) {
        guard case .file(_, _, _, _, let state, _) = line else { return }
        switch state {
        case .done, .refused, .failed:
            let sentence = line.sentence(for: .helper, peer: driver?.peerName ?? "")
            viewer?.assumeIsolated { $0.send(.note(sentence)) }
        case .offered, .moving: break
        }
    }

    /// Tells the window what has changed.
    private func updateViewer() {
        guard let viewer, let driver else { return }
        let state = ViewerUpdate.State(
            isConnected: driver.machine != nil, sharer: driver.peerName, fingerprint: fingerprint,
            status: driver.machine?.status ?? SessionStatus(), path: driver.path,
            questions: (driver.machine?.questions ?? []).map { request in
                ViewerUpdate.Question(id: request.id, text: request.question(from: driver.peerName, of: .helper, .code))
            })
        guard state != lastViewerState else { return }
        lastViewerState = state
        viewer.assumeIsolated { $0.send(.state(state)) }
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
        let sentence = reason.sentence(for: .helper, peer: driver?.peerName ?? "")
        viewer?.assumeIsolated { $0.send(.ended(reason, sentence: sentence)) }
        end.conclude(reason)
    }

    public func cleanUp() async {
        await rejoiner?.giveUp()
        await driver?.contacts?.end()
        let (peer, door) = (peer, door)
        async let closed: Void? = door?.close()
        await peer?.close(peerIsLost: hasLostPeer)
        client.leave()
        drainRendezvous()
        await viewer?.stop()
        _ = await closed
        socket?.close()
        former?.close()
    }
}
