public import NIOCore
public import NIOPosix
public import Policy
public import Rendezvous
public import Session

/// Offering help to a contact who has not asked: `ra-connect offer`. After their yes it is a helper's session like any other.
public actor OfferFlow: AssistanceFlow {
    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let contact: Contact
    private let ceiling: Rendezvous.Ceiling
    private let message: String?
    private let own: PersonAddress
    private let wish: Session
    private let identity: PersonIdentity
    private let file: ContactBookFile
    private let desk: ContactDesk
    private let printer: EventPrinter
    private let pool: NIOThreadPool
    private var call: Int?
    private var id: CallID?
    private var timer: Scheduled<Void>?
    private var session: (flow: JoinFlow, run: Task<Void, Never>)?
    public var end = FlowEnd()

    /// A telephone rings for a minute there; then their program has to make the invitation.
    private static let patience = TimeAmount.seconds(90)

    /// How the session is to be, once there is one: its relay and its invitation are those of the answer.
    public struct Session: Sendable {
        var proxy: ProxyRule?
        /// What the other side reads.
        var name: String
        var hasViewer: Bool
        var snapshot: String?
        public var policy = Policy()

        public init(proxy: ProxyRule?, name: String, hasViewer: Bool = true, snapshot: String? = nil) {
            self.proxy = proxy
            self.name = name
            self.hasViewer = hasViewer
            self.snapshot = snapshot
        }
    }

    /// - Parameter own: where this person is rung, if they have no name yet.
    public init(
        to contact: Contact, ceiling: Rendezvous.Ceiling, message: String?, own: PersonAddress, session wish: Session,
        identity: PersonIdentity, file: ContactBookFile = ContactBookFile(), printer: EventPrinter, loop: any EventLoop, pool: NIOThreadPool
    ) {
        self.contact = contact
        self.ceiling = ceiling
        self.message = message
        self.own = own
        self.wish = wish
        self.identity = identity
        self.file = file
        self.printer = printer
        self.loop = loop
        self.pool = pool
        desk = ContactDesk(identity: identity, proxy: wish.proxy, loop: loop)
    }

    public func begin() async throws {
        try await desk.check(contact)
        let own = try await desk.own(own, in: file)
        guard !isOver else { return }
        printer.print(.contact(.calling(.offer, to: "\(contact.address)")))
        var random = SystemRandomNumberGenerator()
        let id = CallID.random(using: &random)
        self.id = id
        let offer = Offer(from: own, id: id, ceiling: ceiling, message: message)
        call = try await desk.call(Person(name: contact.address.name, key: contact.key), at: contact.address.relay, .offer(offer)) { news in
            self.assumeIsolated { $0.heard(news) }
        }
        startTimer()
    }

    private func startTimer() {
        timer = loop.assumeIsolated().scheduleTask(in: Self.patience) {
            self.assumeIsolated { flow in
                if flow.session == nil { flow.finish(.timeout, "\(flow.contact.address) is not available.") }
            }
        }
    }

    private func heard(_ news: CallNews) {
        guard session == nil, !isOver else { return }
        switch news {
        case .ringing: printer.print(.contact(.answer(from: "\(contact.address)", .ringing)))
        case .accepted: printer.print(.contact(.answer(from: "\(contact.address)", .accepted)))
        case .declined:
            printer.print(.contact(.answer(from: "\(contact.address)", .declined)))
            finish(.declined, "")
        // Why nobody takes the offer, policy or person or absence, is not for us to know.
        case .unavailable, .ended:
            printer.print(.contact(.answer(from: "\(contact.address)", .unavailable)))
            finish(.timeout, "\(contact.address) is not available.")
        case .invitation(let ring): begin(ring)
        case .asked, .card: break
        }
    }

    private func begin(_ ring: Ring) {
        guard session == nil, ring.about == id else { return }
        do throws(PolicyRefusal) { try wish.policy.permitMeeting(at: ring.relay) } catch { return finish(.policy, "\(error)") }
        var options = JoinFlow.Options(
            relay: ring.relay, proxy: wish.proxy, invitation: ring.invitation, name: wish.name, hasViewer: wish.hasViewer,
            snapshot: wish.snapshot)
        options.rules = SideRules(wish.policy)
        options.isLogged = wish.policy.logsSessions ?? true
        options.person = identity
        options.contact = contact
        let flow = JoinFlow(options, printer: printer, loop: loop, pool: pool)
        session = (
            flow,
            Task {
                _ = await flow.run()
                end.conclude(await flow.end.reason ?? .error)
            }
        )
    }

    public func perform(line: String) {
        if let session {
            Task { await session.flow.perform(line: line) }
        } else if ["stop", "quit", "exit"].contains(line.trimmed.lowercased()) {
            finish(.finished, "")
        } else if !line.trimmed.isEmpty {
            printer.complain("You can type: stop.")
        }
    }

    public func finish(_ reason: EndReason, _ detail: String) {
        guard !isOver else { return }
        if let session {
            Task { await session.flow.finish(reason, detail) }
            return
        }
        printer.print(.ended(reason, detail: detail))
        end.conclude(reason)
    }

    public func cleanUp() async {
        timer?.cancel()
        if let call { await desk.hangUp(call) }
        if let session {
            await session.flow.finish(.finished, "")
            await session.run.value
        }
        await desk.close()
    }
}
