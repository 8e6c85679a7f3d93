import HostNetwork
public import NIOCore
import NIOTransport
import NetPrimitives
public import Policy
public import Rendezvous
public import Session

/// Becoming contacts by a code that is read aloud: `ra-connect contacts add`, and `contacts add CODE` on the other side. The code
/// is an invitation like any other, and in place of a session the two sides give each other their cards.
public actor CodeFlow: NodeSeeking {
    /// Who says the code, and who types it.
    private enum Side {
        case maker(SharerClient)
        case taker(HelperClient)
    }

    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    var search: NodeSearch
    /// What the code means to whoever types it, and who they are.
    private let attempt: (invitation: Invitation, identity: PersonIdentity)?
    /// The WebSocket that counts: what comes by one from before is not heard.
    private var opening = 0
    private let wanted: PersonAddress
    private let proxy: ProxyRule?
    private let policy: Policy
    private let desk: ContactDesk
    private let file: ContactBookFile
    let printer: EventPrinter
    private var side: Side
    private var own: PersonAddress?
    private var meeting: MeetingID?
    private var socket: RendezvousSocket?
    private var timer: Scheduled<Void>?
    private var patience: Scheduled<Void>?
    private var hasAgreed = false
    private var hasTheirs = false
    private var isSaved = false
    public var end = FlowEnd()

    /// Seconds for which the code is good: it is read aloud now.
    private static let lifetime = 600
    /// The code waits at one node, and does not come along to another as a sharer's invitation does: another one is soon made.
    private static let lostCode = "The connection to the relay is lost, and your code with it. Make a new one, and read that aloud."
    /// How long the other side may take once it is there.
    private static let exchange = TimeAmount.seconds(30)
    /// What has been said arrives before the connection is closed.
    private static let farewell = TimeAmount.seconds(3)

    /// - Parameters:
    ///   - code: what the other side has read aloud; nil to make one.
    ///   - wanted: where this person is to be rung, if they have no name yet.
    ///   - policy: at which relays names may be asked for.
    public init(
        code: InvitationCode?, at relay: RelayURL, own wanted: PersonAddress, proxy: ProxyRule?, policy: Policy, identity: PersonIdentity,
        file: ContactBookFile = ContactBookFile(), printer: EventPrinter, loop: any EventLoop
    ) {
        search = NodeSearch(at: relay)
        self.wanted = wanted
        self.proxy = proxy
        self.policy = policy
        self.file = file
        self.printer = printer
        self.loop = loop
        desk = ContactDesk(identity: identity, proxy: proxy, loop: loop)
        attempt = code.map { (Invitation(relay: relay, lookup: $0.lookup, key: $0.key), identity) }
        side = attempt.map { .taker(HelperClient(invitation: $0.invitation, identity: $0.identity)) } ?? .maker(SharerClient(identity: identity))
    }

    public func begin() async throws {
        own = try await desk.own(wanted, in: file)
        if case .maker(var client) = side {
            client.createInvitation(InvitationTerms(lifetime: Self.lifetime, uses: 1, ceiling: .view))
            side = .maker(client)
        }
        try await arrive()
    }

    func arrive() async throws(FlowError) {
        opening += 1
        let number = opening
        let (socket, relay) = try await Meeting.connect(
            to: RelayTrust(search.place), proxy: proxy, keepalive: .waiting, patience: TimeAmount(search.patience), loop: loop
        ) { event in
            self.assumeIsolated { if $0.opening == number { $0.received(event) } }
        }
        guard socket.isOpen, !isOver else {
            socket.close()
            throw FlowError(.relayLost, "The relay closed the connection.")
        }
        search.learn(relay.description)
        self.socket = socket
        begins()
    }

    /// There is a connection by which nothing was asked.
    private func begins() {
        switch side {
        case .maker(var client):
            client.connectionOpened()
            side = .maker(client)
        case .taker(var client):
            client.connectionOpened(at: MonotonicClock.now())
            side = .taker(client)
        }
        drain()
    }

    func leaveNode() {
        opening += 1
        socket?.close()
        socket = nil
        if case .maker(var client) = side {
            client.connectionClosed()
            side = .maker(client)
        }
    }

    func askAgain() -> Bool {
        if let attempt { side = .taker(HelperClient(invitation: attempt.invitation, identity: attempt.identity)) }
        guard let socket, socket.isOpen else { return false }
        begins()
        return true
    }

    // MARK: What the relay says

    private func received(_ event: RendezvousSocket.Event) {
        guard socket != nil else { return }
        switch event {
        case .text(let text):
            switch side {
            case .maker(var client):
                client.receive(text)
                side = .maker(client)
            case .taker(var client):
                client.receive(text, at: MonotonicClock.now())
                side = .taker(client)
            }
            drain()
        case .closed:
            socket = nil
            guard !search.isPaused else { return }
            isSaved ? finish(.finished, "") : finish(.relayLost, attempt == nil ? Self.lostCode : "The connection to the relay was lost.")
        }
    }

    private func drain() {
        switch side {
        case .maker(var client):
            var events: [SharerClient.Event] = []
            while let event = client.nextEvent() { events.append(event) }
            side = .maker(client)
            for event in events { handle(event) }
        case .taker(var client):
            var events: [HelperClient.Event] = []
            while let event = client.nextEvent() { events.append(event) }
            side = .taker(client)
            for event in events { handle(event) }
        }
        flush()
    }

    private func flush() {
        switch side {
        case .maker(var client):
            while let text = client.nextMessage() { socket?.send(text) }
            side = .maker(client)
        case .taker(var client):
            while let text = client.nextMessage() { socket?.send(text) }
            side = .taker(client)
            timer?.cancel()
            timer = client.nextDeadline.map { deadline in
                loop.assumeIsolated().scheduleTask(in: .until(deadline, from: MonotonicClock.now())) {
                    self.assumeIsolated { $0.handleTimeout() }
                }
            }
        }
    }

    private func handleTimeout() {
        guard case .taker(var client) = side else { return }
        client.handleTimeout(at: MonotonicClock.now())
        side = .taker(client)
        drain()
    }

    private func handle(_ event: SharerClient.Event) {
        switch event {
        case .invitationCreated(let invitation, _):
            printer.print(.contact(.code(invitation.code.exposedText, expires: invitation.expires.date)))
        case .helperVerified(let meeting, _):
            guard self.meeting == nil else { return }
            self.meeting = meeting
            giveCard()
        case .payload(let payload, let from) where from == meeting: take(payload)
        case .peerLeft(let from), .peerAway(let from):
            if from == meeting { left() }
        case .wrongGuess(_, let count):
            printer.note("Somebody tried a wrong code. \(count) more \(count == 1 ? "try" : "tries"), then the code is void.")
        case .invitationEnded(.expired): finish(.invitationExpired, "")
        case .invitationEnded(.burnt): finish(.invitationRevoked, "Somebody tried wrong codes three times: this code is void. Begin anew.")
        case .invitationEnded(.lost): finish(.relayLost, "The relay no longer knows the code.")
        case .relayRefused(let code): finish(code == .notAllowed ? .policy : .error, code.description)
        case .elsewhere(let url): take(search.elsewhere(url))
        case .invitationEnded, .invitationShortened, .invitationResumed, .invitationExtended, .helperArrived, .payload, .payloadRejected,
            .rejoined, .peerReturned, .forgotten:
            break
        }
    }

    private func handle(_ event: HelperClient.Event) {
        switch event {
        case .agreed:
            hasAgreed = true
            giveCard()
        case .payload(let payload): take(payload)
        case .elsewhere(let url): take(search.elsewhere(url))
        case .peerAway: left()
        case .ended(let end):
            switch end {
            case .gone, .wrongCode: finish(.wrongCode, "")
            case .declined, .peerLeft, .connectionLost, .forgotten: left()
            case .impostor: finish(.error, "Whoever answered does not hold the code's secret.")
            case .relayRefused(.unavailable) where !hasAgreed: take(search.unanswered(.unavailable))
            case .relayRefused(let code): finish(code == .notAllowed ? .policy : .error, code.description)
            case .timedOut: finish(.peerLost, "The other side did not answer.")
            }
        case .met, .credentials, .verified, .peerReturned, .rejoined, .payloadRejected: break
        }
    }

    // MARK: The cards

    private func giveCard() {
        guard let own else { return }
        say(.card(PersonCard(own)))
        patience = loop.assumeIsolated().scheduleTask(in: Self.exchange) {
            self.assumeIsolated { flow in
                if !flow.isSaved { flow.finish(.peerLost, "Whoever is there gave no card: both of you need “ra-connect contacts add”.") }
            }
        }
    }

    private func say(_ payload: PeerPayload) {
        switch side {
        case .maker(var client):
            if let meeting { client.send(payload, to: meeting) }
            side = .maker(client)
        case .taker(var client):
            client.send(payload)
            side = .taker(client)
        }
        flush()
    }

    private func take(_ payload: PeerPayload) {
        switch payload {
        case .card(let card):
            guard !hasTheirs else { return }
            hasTheirs = true
            Task { await self.add(card) }
        case .bye: left()
        case .description, .candidate, .endOfCandidates, .restart, .again, .suspended, .awake: break
        }
    }

    /// Writes the other side down, when the relay of their name says that it is theirs.
    private func add(_ card: PersonCard) async {
        guard let key = card.key else { return finish(.error, "The other side has not proven its key. Nothing was written down.") }
        do throws(FlowError) { try await desk.admit(card.address, key, own: own, under: policy, in: file) } catch {
            return finish(error.reason, error.detail)
        }
        isSaved = true
        printer.print(.contact(.added("\(card.address)", fingerprint: key.fingerprint)))
        say(.bye(reason: "contact"))
        endSoon()
    }

    private func endSoon() {
        patience?.cancel()
        patience = loop.assumeIsolated().scheduleTask(in: Self.farewell) { self.assumeIsolated { $0.finish(.finished, "") } }
    }

    /// The other side has what it came for, or has given up; what it gave may still be looked at.
    private func left() {
        if isSaved { return finish(.finished, "") }
        guard !hasTheirs else { return }
        finish(.peerLost, "The other side left before it gave its card.")
    }

    // MARK: The end

    public func perform(line: String) {
        if ["stop", "quit", "exit"].contains(line.trimmed.lowercased()) { finish(.finished, "") }
    }

    public func finish(_ reason: EndReason, _ detail: String) {
        guard !isOver else { return }
        printer.print(.ended(reason, detail: detail))
        end.conclude(reason)
    }

    public func cleanUp() async {
        timer?.cancel()
        patience?.cancel()
        let open = socket
        revoke()
        socket = nil
        open?.close()
        await desk.close()
    }

    private func revoke() {
        switch side {
        case .maker(var client):
            if let meeting { client.leave(meeting) }
            client.revoke()
            side = .maker(client)
        case .taker(var client):
            client.leave()
            side = .taker(client)
        }
        flush()
        timer?.cancel()
    }
}
