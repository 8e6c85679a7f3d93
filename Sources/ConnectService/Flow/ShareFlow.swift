import DTLS
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
public actor ShareFlow: AssistanceFlow {
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
        /// How it is to be mailed, and to whom.
        public var mail: MailDelivery?

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

    private let options: Options
    private let trust: RelayTrust
    private let printer: EventPrinter
    private let names: NameResolver
    private var client = SharerClient()
    private var socket: RendezvousSocket?
    /// The WebSocket before, until the relay knows the one there is now.
    private var former: RendezvousSocket?
    private var relay: RelayDiscovery.Relay?
    private var rejoiner: Rejoiner?
    private var servers: [RelayServer] = []
    private var turn: TURNCredentials?
    private var peer: PeerConnection?
    private var driver: SessionDriver?
    private var screen: ScreenSource?
    /// One for our UDP ports, and one for `--door`.
    private var doors: [RouterDoor] = []
    private var prover: MappingProver?
    private var identity: Identity?
    /// The helper that has proven the secret.
    private var meeting: MeetingID?
    private var gatheredAt: Instant?
    public var end = FlowEnd()
    private var relayLostAt: Instant?
    /// Messages sent: a code that strangers make void again and again must not fill anybody's mailbox.
    private var sentMessages = 0
    private static let maximumMessages = 3
    /// What a mail program attaches, whenever it is so far.
    private var attachments: [TemporaryFolder] = []
    /// Where the relay serves pages, for the link of whoever came by http.
    private var web: RelayURL?

    /// How long a sharer who waits for a helper tries to get a lost relay back.
    private static let relayPatience = Duration.seconds(60)

    public init(_ options: Options, printer: EventPrinter, loop: any EventLoop, pool: NIOThreadPool) {
        self.options = options
        trust = RelayTrust(options.relay)
        self.printer = printer
        self.loop = loop
        names = NameResolver(pool: pool)
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
        let driver = SessionDriver(
            role: .sharer, peer: peer, ceiling: options.ceiling == .control ? .control : .viewOnly, printer: printer,
            loop: loop)
        driver.onEvent = { [unowned self] event in assumeIsolated { $0.handle(event) } }
        driver.onIntroduction = { [printer] name, fingerprint in
            printer.print(.helper(name: name, verified: .code, fingerprint: fingerprint))
        }
        driver.onEnd = { [unowned self] reason, _ in assumeIsolated { $0.concluded(reason) } }
        self.driver = driver
    }

    private func invite() async throws {
        guard let peer else { return }
        try await connect()
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

    private func connect() async throws(FlowError) {
        let (socket, relay) = try await Meeting.connect(to: trust, proxy: options.proxy, loop: loop) { event in
            self.assumeIsolated { $0.received(event) }
        }
        let servers = await RelayServer.resolve(relay, proxy: options.proxy, resolver: names)
        // From here on nothing is waited for: the socket that is kept is one that is open.
        guard socket.isOpen, !isOver else {
            socket.close()
            throw FlowError(.relayLost, "The relay closed the connection.")
        }
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

    // MARK: - The rendezvous

    private func received(_ event: RendezvousSocket.Event) {
        guard rejoiner?.assumeIsolated({ $0.current }) ?? 0 == 0 else { return }  // it has a successor
        switch event {
        case .text(let text): heard(text)
        case .closed:
            guard socket != nil else { return }  // `connect` is still at it, and will notice
            lost()
        }
    }

    private func received(_ event: Rejoiner.Event) {
        switch event {
        case .opened(let opened):
            former?.close()
            former = socket
            socket = opened
            client.connectionClosed()
            client.connectionOpened()
            drainRendezvous()
        case .text(let text): heard(text)
        case .closed: lost()
        }
    }

    private func heard(_ text: [UInt8]) {
        client.receive(text)
        drainRendezvous()
    }

    /// A meeting goes on without the relay, and tries to get it back; an invitation needs it.
    private func lost() {
        socket = nil
        driver?.hasLostRelay = true
        client.connectionClosed()
        drainRendezvous()
        guard meeting == nil, !isOver else { return rejoin(.connectionLost) }
        relayLostAt = MonotonicClock.now()
        printer.note("The connection to the relay is lost; trying to get it back.")
        Task { await self.reconnect() }
    }

    private func rejoin(_ reason: Rejoiner.Reason) {
        guard let meeting, client.canRejoin(meeting), !isOver else { return }
        rejoiner?.assumeIsolated { $0.note(reason) }
    }

    /// We are in the meeting again: what was said since the last connection died is lost, on both sides.
    private func rejoined(_ turn: TURNCredentials?) {
        ClientLog.step("the rendezvous is back")
        former?.close()
        former = nil
        driver?.hasLostRelay = false
        rejoiner?.assumeIsolated { $0.succeeded() }
        peer?.assumeIsolated {
            $0.renew(turn)
            $0.signalAgain()
        }
    }

    private func reconnect() async {
        var pause = Duration.seconds(1)
        while !isOver, let lost = relayLostAt {
            guard MonotonicClock.now() - lost < Self.relayPatience else {
                return finish(.relayLost, "The relay has been away for a minute.")
            }
            if (try? await connect()) != nil { return }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(10))
        }
    }

    private func drainRendezvous() {
        while let event = client.nextEvent() { handle(event) }
        while let text = client.nextMessage() { socket?.send(text) }
    }

    private func handle(_ event: SharerClient.Event) {
        switch event {
        case .invitationCreated(let invitation, let turn), .invitationResumed(let invitation, let turn):
            self.turn = turn
            if case .invitationCreated = event {
                announce(invitation)
                options.mail.map { post(invitation, by: $0) }
            } else {
                printer.note("The relay is back, and the code is good.")
            }
        case .invitationExtended(let invitation):
            announce(invitation)
        case .invitationEnded(let end):
            invitationEnded(end)
        case .helperArrived:
            ClientLog.step("a helper has come")
            // One more who knocks while somebody is here changes nothing.
            if meeting == nil { driver?.begin(at: MonotonicClock.now()) }
            gather()
        case .helperVerified(let meeting, _):
            verified(meeting)
        case .wrongGuess(_, let left):
            printer.note(
                left > 0
                    ? "Somebody tried a wrong code. \(left) more \(left == 1 ? "try" : "tries"), then the code is void."
                    : "Somebody tried wrong codes three times: this code is void. Here is a new one.")
        case .payload(let payload, let meeting):
            if meeting == self.meeting { driver?.receive(payload) }
        case .payloadRejected:
            printer.note("Something arrived that the helper did not send; it was ignored.")
        case .peerLeft(let meeting):
            if meeting == self.meeting { driver?.peerLeft() }
        case .peerAway(let meeting):
            if meeting == self.meeting { driver?.peerLeft() }
        case .peerReturned(let meeting):
            guard meeting == self.meeting else { return }
            driver?.peerReturned()
            peer?.assumeIsolated { $0.signalAgain() }
        case .rejoined(let meeting, let turn):
            if meeting == self.meeting { rejoined(turn) }
        case .forgotten(let meeting):
            guard meeting == self.meeting else { return }
            ClientLog.relay.notice("the relay has no place for us any more; the session goes on without it")
            driver?.hasLostRelay = true
            rejoiner?.assumeIsolated { $0.giveUp() }
        case .relayRefused(let code):
            if meeting == nil { finish(code == .notAllowed ? .policy : .error, code.description) }
        }
    }

    private func announce(_ invitation: OwnedInvitation) {
        var saved: String?
        if let path = options.file {
            do {
                let file = invitation.file(relay: options.relay, from: options.name, message: nil)
                try InvitationPaper.save(file, to: path)
                saved = path
            } catch {
                return finish(.error, "The invitation cannot be written to \(path): \(error)")
            }
        }
        printer.print(
            .invitation(
                code: invitation.code.exposedText, link: link(invitation),
                file: saved, expires: Date(timeIntervalSince1970: TimeInterval(invitation.expires.seconds))))
    }

    private func link(_ invitation: OwnedInvitation) -> String? {
        invitation.link(relay: options.relay.isSecure ? options.relay : web ?? options.relay)?.exposedText
    }

    private func post(_ invitation: OwnedInvitation, by mail: MailDelivery) {
        guard sentMessages < Self.maximumMessages else {
            return printer.note("The new invitation is not mailed: \(sentMessages) messages were sent already. Read the code to your helper.")
        }
        sentMessages += 1
        let letter = MailDelivery.Letter(
            name: options.name, link: link(invitation),
            attachment: invitation.file(relay: options.relay, from: options.name, message: nil).exposedContents,
            expires: Date(timeIntervalSince1970: TimeInterval(invitation.expires.seconds)), isViewOnly: options.ceiling == .view)
        Task {
            do {
                let (sentence, attachment) = try await mail.send(letter)
                if let attachment { attachments.append(attachment) }
                printer.note(sentence)
            } catch {
                finish(.error, "The invitation was not mailed. \(error)")
            }
        }
    }

    private func invitationEnded(_ end: SharerClient.InvitationEnd) {
        guard meeting == nil else { return }  // used: by the helper who is here
        switch end {
        case .burnt:
            client.createInvitation(InvitationTerms(lifetime: options.lifetime, uses: 1, ceiling: options.ceiling))
        case .expired: finish(.invitationExpired, "")
        case .revoked: finish(.invitationRevoked, "")
        case .used: finish(.invitationUsed, "")
        case .lost: finish(.relayLost, "The relay no longer knows the invitation.")
        }
    }

    private func gather() {
        // What a router translates for us it forgets within half a minute: an arrival long after the last asks again.
        let now = MonotonicClock.now()
        guard let peer, meeting == nil, gatheredAt.map({ now - $0 > .seconds(20) }) ?? true else { return }
        gatheredAt = now
        let (servers, turn) = (servers, turn)
        peer.assumeIsolated {
            $0.gatherReflexive(from: servers)
            $0.gatherRelayed(from: servers, credentials: turn, trust: trust)
        }
    }

    // MARK: - The helper

    private func verified(_ meeting: MeetingID) {
        guard self.meeting == nil, let peer, let identity else { return client.refuse(meeting) }
        ClientLog.step("the other side is verified")
        self.meeting = meeting
        rejoiner = relay.map { relay in
            Rejoiner(relay: relay, trust: trust, proxy: options.proxy, loop: loop) { event in
                self.assumeIsolated { $0.received(event) }
            }
        }
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

    private func handle(_ event: PeerConnection.Event) {
        switch event {
        case .signal(let payload): tell(payload)
        case .pathChanged: screen?.order(.pathChanged)
        case .networkChanged(let ports):
            let listening = peer?.assumeIsolated { $0.doorAddresses } ?? []
            for door in doors { door.follow(door.transport == .udp ? ports : listening) }
            rejoin(.networkChanged)
        case .routesChanged:
            for door in doors { door.lookAgain() }
        case .unanswered: rejoin(.pathUnanswered)
        case .connected, .ready, .pathLost, .message, .failed, .closed: break
        }
        driver?.handle(event)
    }

    private func handle(_ event: SessionEvent) {
        switch event {
        case .startSharing: screen?.order(.startSharing)
        case .stopSharing:
            screen?.order(.stopSharing)
            screen?.forbidInput()
        case .input(let input): screen?.input(input)
        case .letGo, .revoked, .paused, .ended: screen?.forbidInput()
        case .keyFrameRequested: screen?.order(.requestKeyFrame)
        case .frameAcknowledged(let frame): screen?.order(.acknowledge(frame))
        case .granted(.view, _): printer.note("Type “pause” to hide it for a while, “stop” to end.")
        case .granted(.control, _): printer.note("Type “revoke control” to take them back, “stop” to end.")
        case .request, .granted, .denied, .chat, .resumed: break
        }
    }

    private func handle(_ output: ScreenSource.Output) {
        switch output {
        case .frame(let message):
            // A picture that was under way on the thread when sharing stopped stays here.
            guard driver?.machine?.screenMayFlow == true else { return }
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
        let (peer, doors, screen) = (peer, doors, screen)
        async let stopped: Void? = screen?.quit()
        async let closed: Void = RouterDoor.close(doors)
        await peer?.close(peerIsLost: hasLostPeer)
        if let meeting { client.leave(meeting) }
        attachments.removeAll()
        client.revoke()
        drainRendezvous()
        _ = await (closed, stopped)
        socket?.close()
        former?.close()
    }
}
