import Foundation
import HostNetwork
public import NIOCore
public import NIOPosix
import NIOTransport
import NetPrimitives
public import Policy
import PortMapping
public import Rendezvous
public import Session

/// Being there for contacts: `ra-connect listen`. Who is rung is asked, on the terminal and on the desktop, and what they say yes to
/// runs here.
public actor ListenFlow: AssistanceFlow {
    public struct Options: Sendable {
        /// The name that this person has, or is to have, and the relay.
        public var own: PersonAddress
        public var proxy: ProxyRule?
        /// What the other side reads in a session.
        public var name: String
        /// The policy in force: asked for anew at every call. What it throws refuses everything.
        public var policy: @Sendable () throws -> Policy
        /// Whether a helper's session opens a window.
        public var hasViewer = true
        /// What a sharer's session shows; nil: `$DISPLAY`.
        public var display: String?
        /// Whether people who are no contacts may ask to become so.
        public var takesRequests = true

        public init(own: PersonAddress, proxy: ProxyRule?, name: String, policy: @escaping @Sendable () throws -> Policy) {
            self.own = own
            self.proxy = proxy
            self.name = name
            self.policy = policy
        }
    }

    public nonisolated let loop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    let options: Options
    let identity: PersonIdentity
    let file: ContactBookFile
    let printer: EventPrinter
    let pool: NIOThreadPool
    public var end = FlowEnd()

    var book = ContactBook()
    private var bookModified: Date?
    var line: ContactLine?
    var calls = IncomingCalls()
    var callTimer: Scheduled<Void>?
    var desktop: DesktopNotifications?
    /// What it is to show. As many as calls and a session's questions can be.
    var shown: [UInt32: Shown] = [:]
    /// How many desktops were opened, and questions of sessions shown there; neither number comes twice.
    var (desktops, desktopQuestions) = (0, UInt32(0))
    /// What runs that somebody has said yes to, the call that it came by, and who is at the other side.
    var session: (flow: any AssistanceFlow, role: Role, call: CallID, contact: PersonAddress, run: Task<Void, Never>)?
    /// Which lines are for it.
    var answers: SessionAnswers?
    /// When the session before ended, and when a call was answered on the desktop or ended by itself.
    var (sessionEnded, callOver): (Instant?, Instant?)
    /// Whether a name that somebody else has used is being looked up.
    var isCheckingKey = false

    /// The requests of that session that the desktop shows, each by a number of its own there.
    var asked: [(number: UInt32, id: UInt32, kind: Capability)] = []

    var schedule: PresenceSchedule
    private var timer: Scheduled<Void>?
    var attempts = 0
    private var asking: Task<Void, Never>?
    private var isRegistered = false
    var isPresent = false
    private var hasSaidAway = false
    private var hasSaidBanned = false
    /// Why the policy does not let this person be there now.
    var forbidden: PolicyRefusal?
    var surroundings: [RepeatedTask] = []
    var addressWatch: AddressWatch?
    var suspensionWatch: SuspensionWatch?
    var suspensionClock = SuspensionClock(monotonic: MonotonicClock.now(), boot: RouterClock.now())
    var wakings = Wakings()
    /// Where the last attempt to be there was begun, and when another place is followed by another attempt.
    var place: NetworkPlace?
    var pace = ChangePace()
    var paceTimer: Scheduled<Void>?

    /// The node to go to when nothing rings any more.
    var sentTo: RelayURL?

    /// How long one attempt may take, to the word that we are there.
    private static let attemptLimit = TimeAmount.seconds(8)

    public init(
        _ options: Options, identity: PersonIdentity, file: ContactBookFile = ContactBookFile(), printer: EventPrinter,
        loop: any EventLoop, pool: NIOThreadPool
    ) {
        self.options = options
        self.identity = identity
        self.file = file
        self.printer = printer
        self.loop = loop
        self.pool = pool
        schedule = PresenceSchedule(home: options.own.relay, at: MonotonicClock.now())
    }

    public func begin() async throws {
        do { book = try file.read() } catch { throw FlowError(.error, "\(error)") }
        bookModified = file.modified
        let line = ContactLine(identity: identity, proxy: options.proxy, loop: loop) { event in
            self.assumeIsolated { $0.received(event) }
        }
        self.line = line
        let (name, callers, takesRequests) = (options.own.name, book.callers, options.takesRequests)
        say { $0.present(name, allow: callers, strangers: takesRequests) }
        await watchSurroundings()
        proceed()
    }

    public func perform(line text: String) {
        if let session {
            if let line = try? StandardInputLine.parse(text, for: session.role) {
                do throws(SessionAnswers.Doubt) { try answers?.check(line, at: MonotonicClock.now()) } catch {
                    return printer.complain("\(error)")
                }
            }
            Task { await session.flow.perform(line: text) }
            return
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let word = words.first?.lowercased() else { return }
        let number = words.count == 2 ? UInt32(words[1]) : nil
        switch word {
        case "yes", "y", "no", "n":
            guard words.count == 1 || number != nil else { return printer.complain("Write: yes or no, and the number of the call.") }
            answer(number, isYes: word.hasPrefix("y"))
        case "stop", "quit", "exit":
            // It was meant for the session, which has ended meanwhile.
            if !printer.isForPrograms, let sessionEnded, MonotonicClock.now() < sessionEnded + SessionAnswers.settling {
                return printer.complain("The session has just ended. Type stop once more to be there no longer.")
            }
            finish(.finished, "")
        default: printer.complain("You can type: yes [ID], no [ID], stop.")
        }
    }

    // MARK: - Being there

    /// Where we were sent while it rang.
    func followWhenSilent() {
        guard let relay = sentTo, calls.entries.isEmpty else { return }
        sentTo = nil
        schedule.elsewhere(relay, at: MonotonicClock.now())
        proceed()
    }

    func proceed() {
        guard !isOver, forbidden == nil else { return }
        let now = MonotonicClock.now()
        if let places = schedule.beginsAttempt(at: now) {
            attempts += 1
            let number = attempts
            place = placeNow
            // The one before may still be asking nodes, which have more to do than that.
            asking?.cancel()
            asking = Task { await self.attempt(number, at: places) }
        }
        timer?.cancel()
        timer = schedule.nextDeadline.map { deadline in
            loop.assumeIsolated().scheduleTask(in: .until(deadline, from: now)) { self.assumeIsolated { $0.proceed() } }
        }
    }

    private func attempt(_ number: Int, at places: [RelayURL]) async {
        guard let line else { return }
        do throws(FlowError) {
            if !isRegistered {
                let name = options.own.name
                say { $0.register(name) }
            }
            let patience = schedule.others.isEmpty ? .seconds(6) : FleetRoute.patience
            let (place, nodes) = try await line.open(places, patience: patience)
            guard number == attempts, !isOver else { return }
            schedule.reached(place)
            schedule.learned(nodes)
            limit(number)
        } catch {
            guard number == attempts else { return }
            failed(error.detail)
        }
    }

    private func limit(_ number: Int) {
        loop.assumeIsolated().scheduleTask(in: Self.attemptLimit) {
            self.assumeIsolated { flow in
                guard number == flow.attempts, !flow.isPresent, flow.schedule.nextDeadline == nil else { return }
                flow.line?.assumeIsolated { $0.close() }
                flow.failed("The relay does not answer.")
            }
        }
    }

    /// Says something on the line, or will when there is one.
    func say(_ command: @Sendable (inout PersonClient) -> Void) { line?.assumeIsolated { $0.perform(command) } }

    private func failed(_ why: String) {
        schedule.failed(at: MonotonicClock.now())
        sayAway(why)
        proceed()
    }

    func sayAway(_ why: String) {
        isPresent = false
        guard !hasSaidAway, !isOver else { return }
        hasSaidAway = true
        printer.print(.contact(.away(why)))
    }

    private func received(_ event: ContactLine.Event) {
        let now = MonotonicClock.now()
        switch event {
        case .said(let event): handle(event, at: now)
        case .closed:
            sentTo = nil
            schedule.lost(at: now)
            sayAway("The connection to the relay is lost.")
        }
        proceed()
    }

    private func handle(_ event: PersonClient.Event, at now: Instant) {
        switch event {
        case .registered:
            isRegistered = true
            let own = options.own
            do { try file.change { $0.own = own } } catch { printer.complain("\(error)") }
        case .present:
            schedule.present()
            if !isPresent { printer.print(.contact(.present("\(options.own)"))) }
            (isPresent, hasSaidAway, hasSaidBanned, isRegistered) = (true, false, false, true)
        case .elsewhere(let relay, for: .present):
            // To go would end the calls that ring here: a node that is to go waits for them a little.
            if calls.entries.isEmpty { schedule.elsewhere(relay, at: now) } else { sentTo = relay }
        case .refused(.banned, of: _): banned(at: now)
        case .refused(let refusal, of: .register): refused(refusal, isOfName: true, at: now)
        case .refused(let refusal, of: .present), .refused(let refusal, of: .identify): refused(refusal, isOfName: false, at: now)
        case .replaced:
            finish(.finished, "Another “ra-connect listen” of yours is there as \(options.own) now; this one has ended.")
        case .called(let call, let caller, let letter): called(call, from: caller, letter, at: now)
        case .hungUp(let call, let letter): hungUp(call, letter)
        case .identified, .person, .presence, .elsewhere, .refused, .unavailable, .asked, .answered: break
        }
    }

    private func refused(_ refusal: ContactRefusal, isOfName: Bool, at now: Instant) {
        switch refusal {
        case .nameTaken where isOfName:
            finish(.error, "\(options.own) is somebody else's name: choose another one with --name.")
        case .notAllowed: finish(.policy, "\(refusal)")
        case .malformed, .tooLarge, .unsupportedVersion, .notProven: finish(.error, "\(refusal)")
        case .banned, .notYours, .nameTaken, .wrongState, .rateLimited, .busy, .unavailable:
            isRegistered = isRegistered && refusal != .notYours
            line?.assumeIsolated { $0.close() }
            schedule.refused(at: now)
            sayAway("\(refusal)")
        }
    }

    /// It is asked again more and more seldom: a ban has an end, or an operator thinks better of it.
    private func banned(at now: Instant) {
        // That is news, even for who knows already that the connection was lost.
        if !hasSaidBanned { hasSaidAway = false }
        hasSaidBanned = true
        refused(.banned, isOfName: false, at: now)
    }

    // MARK: - What changes around it

    func lookAtBook() {
        guard let modified = file.modified, modified != bookModified else { return }
        bookModified = modified
        do { take(try file.read()) } catch { printer.complain("\(error)") }
    }

    /// From now on those may call who are in the book now.
    func take(_ book: ContactBook) {
        let before = self.book.callers
        self.book = book
        guard before != book.callers else { return }
        let (callers, takesRequests) = (book.callers, options.takesRequests)
        say { $0.allow(callers, strangers: takesRequests) }
    }

    // MARK: - The end

    public func finish(_ reason: EndReason, _ detail: String) {
        guard !isOver else { return }
        end.conclude(reason)
        ending = (reason, detail)
    }

    private var ending: (EndReason, String)?

    public func cleanUp() async {
        timer?.cancel()
        callTimer?.cancel()
        leaveSurroundings()
        for entry in calls.removeAll() { hangUp(entry.call) }
        if let session {
            await session.flow.finish(.finished, "")
            await session.run.value
        }
        await line?.close()
        desktop = nil
        if let (reason, detail) = ending { printer.print(.ended(reason, detail: detail)) }
    }
}
