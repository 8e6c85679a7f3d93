import Foundation
import HostNetwork
import ICE
import Logging
import NIOCore
import NIOTransport
import NetPrimitives
import Rendezvous
import ScreenCodec
import Session

/// One session over one peer connection: drives the consent machine, and tells the person what happens.
///
/// Confined to the event loop of its flow, which gets the events that are not for the person's eyes.
final class SessionDriver {
    let role: Session.Role
    let peer: PeerConnection
    let printer: EventPrinter
    private let loop: any EventLoop
    private let ceiling: Session.Ceiling
    /// What `elapsed_ms` and the history count from.
    private var startedAt = MonotonicClock.now()
    var peerName = "The other side"

    /// The peer has said what it is called and which certificate it holds, both sealed by the invitation's secret; and who it is,
    /// where it has proven that. What is returned is why it is not let in, or nil.
    var onIntroduction: (_ name: String, _ fingerprint: String, _ person: PersonKey?) -> String? = { _, _, _ in nil }
    /// What the flow does about an event of the machine.
    var onEvent: (SessionEvent) -> Void = { _ in }
    /// A screen message came, and may be shown.
    var onScreen: ([UInt8]) -> Void = { _ in }
    /// Anything that a window shows has changed.
    var onChange: () -> Void = {}
    /// What is wrong with ports that routers opened for us.
    var doorFindings: [() -> [RouterDoor.Finding]] = []
    /// Called once.
    var onEnd: (EndReason, String) -> Void = { _, _ in }

    private(set) var path: PathDescription?
    var machine: SessionMachine?
    private var isOver = false
    private var isIntroduced = false
    private var hasLostPath = false
    private var timer: Scheduled<Void>?
    private var connectDeadline: Scheduled<Void>?
    private var peerLeftAt: Instant?
    private var missedFrame: UInt32?
    private let history: SessionHistory?
    private let notice: ConsentNotice
    var recorder: SessionRecorder
    /// What the policy of this side leaves of files, clipboard and connections.
    let rules: SideRules
    /// Who does the work of those; a capability without anybody is not offered.
    var services: [Capability: any SideService] = [:]
    /// Who makes contacts of the two; nil where they are contacts already.
    var contacts: SessionContacts?
    /// What each side channel was opened for.
    var channelRequests: [SideChannel: SideRequest] = [:]
    /// Whether the connection to the relay is gone: a relayed session that dies then has lost its relay.
    var hasLostRelay = false
    /// Whether who has left the rendezvous has a way back to it.
    private var peerMayReturn = false
    /// The next look for a peer that has left.
    private var lookout: Scheduled<Void>?
    /// The person has stopped before the session began: it is not waited for longer than this.
    private var farewell: Scheduled<Void>?

    /// How long two programs that have verified each other may take to find a path and shake hands.
    private static let connectPatience = TimeAmount.seconds(30)
    /// How long whoever stops meanwhile stays to say so: the two may be connected in a moment, and to the other side it is no loss then.
    private static let farewellPatience = TimeAmount.seconds(1)
    /// DESIGN: the rendezvous saw the peer go, and nothing came for so long: the peer is gone.
    private static let patienceAfterLeaving = Duration.seconds(5)

    /// - Parameters:
    ///   - notice: what stands beside each request.
    ///   - rules: what the policy leaves of files, clipboard and connections.
    ///   - history: where the session is written down; nil for nowhere.
    init(
        role: Session.Role, peer: PeerConnection, ceiling: Session.Ceiling, printer: EventPrinter, loop: any EventLoop,
        notice: ConsentNotice = ConsentNotice(), rules: SideRules = SideRules(), history: SessionHistory? = SessionHistory()
    ) {
        self.role = role
        self.peer = peer
        self.ceiling = ceiling
        self.printer = printer
        self.loop = loop
        self.history = history
        self.notice = notice
        self.rules = rules
        recorder = SessionRecorder(history: history, from: startedAt)
    }

    // MARK: - Before the session

    /// Time counts from here: the person has asked for the session, or the helper has come.
    func begin(at now: Instant) {
        startedAt = now
        recorder = SessionRecorder(history: history, from: now)
    }

    /// Both sides have proven the secret: from here on finding the path must not take forever.
    func expectConnection() {
        connectDeadline = loop.assumeIsolated().scheduleTask(in: Self.connectPatience) { [weak self] in
            guard let self else { return }
            end(.noPath, "The two programs could not connect within 30 seconds.")
        }
    }

    // MARK: - What the peer connection says

    func handle(_ event: PeerConnection.Event) {
        guard !isOver else { return }
        let now = MonotonicClock.now()
        ClientLog.path.note(event)
        switch event {
        case .signal, .peerToldOf, .networkChanged, .routesChanged, .unanswered:
            break  // the flow's, for the rendezvous and for routers
        case .peerSuspended:
            printer.note("\(peerName)'s computer goes to sleep; waiting for it for 15 minutes.")
        case .connected(let path):
            self.path = path
            let (elapsed, tried) = ((now - startedAt).milliseconds, pairs)
            printer.print(.connected(elapsedMilliseconds: elapsed, path: path))
            printer.printForPrograms(.candidates(tried, findings: findings))
            recorder.connected(elapsedMilliseconds: elapsed, path: path, tried: tried)
        case .ready:
            connectDeadline?.cancel()
            machine = SessionMachine(role: role, peer: peerName, ceiling: ceiling, rules: offeredRules, at: now)
            if farewell != nil { return end(.finished, "") }
            drain()
        case .pathChanged(let path, let reason):
            guard hasLostPath || path != self.path else { break }
            hasLostPath = false
            self.path = path
            recorder.moved(to: path)
            switch reason {
            case .first, .better: printer.print(.path(path, reason: .better))
            case .lost: printer.print(.path(path, reason: .lost))
            case .networkChanged: printer.print(.path(path, reason: .network))
            }
        case .pathLost:
            guard !hasLostPath else { return }
            hasLostPath = true
            printer.print(.path(nil, reason: .lost))
        case .message(.control, let bytes):
            machine?.receive(bytes, at: now)
            drain()
        case .side(let event): handle(event)
        case .message(.path, _):
            break  // the peer connection's own
        case .message(.screen, let bytes):
            guard role == .helper else { break }
            if machine?.screenMayFlow == true { onScreen(bytes) } else { note(missed: bytes) }
        case .failed(let failure):
            endForLostPeer(failure)
        case .closed:
            // Whoever ends in order says so first; then this comes late and changes nothing.
            end(.peerLost, "The other side closed the connection.")
        }
        onChange()
    }

    private func endForLostPeer(_ failure: PeerConnection.Failure) {
        switch failure {
        case .noPath:
            printer.print(.candidates(pairs, findings: findings))
            end(.noPath, "")
        case .peerLost:
            end(hasLostRelay && path?.kind == .relayed ? .relayLost : .peerLost, "")
        case .impostor:
            end(.error, "Whoever answered is not who holds the invitation's secret.")
        case .transport(let detail):
            end(.error, "The connection to the other side failed: \(detail)")
        }
    }

    private var findings: [RouterFinding] {
        doorFindings.flatMap { $0() }.map { finding in
            RouterFinding(
                local: "\(finding.internal)", external: finding.external.map { "\($0)" }, why: finding.sentence)
        }
    }

    private var pairs: [TriedPair] {
        peer.assumeIsolated { $0.report }.map { pair in
            TriedPair(
                local: "\(pair.local)", remote: "\(pair.remote)",
                kind: PathDescription.Kind(rawValue: pair.kind.rawValue) ?? .direct,
                result: TriedPair.Result(rawValue: pair.result.rawValue) ?? .failed,
                milliseconds: pair.elapsed?.milliseconds, why: pair.transport == .tcp ? "\(pair.why), over TCP" : pair.why)
        }
    }

    /// A picture of the screen went to the helper.
    func sentPicture(bytes: Int) { recorder.ledger.sentPicture(bytes: bytes) }

    // MARK: - What the rendezvous says

    /// Takes what the peer says in the sealed channel.
    func receive(_ payload: PeerPayload) {
        ClientLog.path.note(payload, of: "their")
        switch payload {
        case .description(let description):
            guard !isIntroduced else { return }  // the first one is what DTLS holds the peer to
            guard let (fingerprint, credentials) = Meeting.read(description) else {
                return end(.error, "The other side's program says something that makes no sense.")
            }
            isIntroduced = true
            peerName = description.name
            printer.meet(description.name)
            recorder.met(fingerprint: "\(fingerprint)", verified: notice.verified)
            if let why = onIntroduction(description.name, "\(fingerprint)", description.identity) { return end(.error, why) }
            peer.assumeIsolated { $0.setRemote(credentials: credentials, fingerprint: fingerprint) }
        case .candidate, .endOfCandidates, .restart:
            peer.assumeIsolated { $0.receive(payload) }
        case .card(let card):
            contacts?.assumeIsolated { $0.take(card) }
        case .again, .suspended, .awake:
            break  // the rendezvous client's own, and what is said on the path
        case .bye:
            peer.assumeIsolated { $0.peerWakes() }  // nobody leaves asleep
            peerLeft()
        }
    }

    /// The relay saw the other side's connection close. If its path is silent as well, it is gone.
    ///
    /// - Parameter mayReturn: whether it has a way back to the rendezvous. Before the session begins it is waited for then.
    func peerLeft(mayReturn: Bool = false) {
        guard machine != nil else {
            if !mayReturn { end(.peerLost, "The other side left before the session began.") }
            return
        }
        guard peerLeftAt == nil, !isPeerSuspended else { return }
        peerLeftAt = MonotonicClock.now()
        peerMayReturn = mayReturn
        lookForPeer()
    }

    /// Whose computer sleeps has lost its connection to the relay, and comes back.
    private var isPeerSuspended: Bool { peer.assumeIsolated { $0.isPeerSuspended } }

    /// It is at the rendezvous again: it has not gone.
    func peerReturned() {
        stopLooking()
        peer.assumeIsolated { $0.peerWakes(heard: true) }
    }

    /// Our own connection to the relay is lost: that the other side's was lost as well says nothing any more.
    func relayLost() {
        hasLostRelay = true
        if peerMayReturn { stopLooking() }
    }


    private func stopLooking() {
        peerLeftAt = nil
        lookout?.cancel()
    }

    private func lookForPeer() {
        guard !isOver, let left = peerLeftAt else { return }
        guard !isPeerSuspended else { return peerLeftAt = nil }
        // What was under way when it left proves nothing: silence counts from the last that came.
        let heard = max(peer.assumeIsolated { $0.lastReceivedAt } ?? left, left)
        guard MonotonicClock.now() - heard < Self.patienceAfterLeaving else { return end(.peerLost, "") }
        peer.assumeIsolated { $0.probe() }  // a peer that is there answers within the second
        lookout = loop.assumeIsolated().scheduleTask(in: .milliseconds(500)) { [weak self] in
            guard let self else { return }
            lookForPeer()
        }
    }

    // MARK: - Pictures that came too early

    /// A picture can overtake the message that allows it: it is not shown, but the sharer must not wait for it.
    private func note(missed message: [UInt8]) {
        var reader = ByteReader(message)
        missedFrame = (try? FrameHeader(from: &reader))?.sequence ?? missedFrame
    }

    /// As soon as pictures may be shown, asks for one that needs no earlier one.
    private func catchUp() {
        guard let frame = missedFrame, machine?.screenMayFlow == true else { return }
        missedFrame = nil
        let now = MonotonicClock.now()
        // Neither can be refused while pictures may flow; if the queue is full, the next picture will do.
        try? machine?.perform(.acknowledge(frame: frame), at: now)
        try? machine?.perform(.requestKeyFrame, at: now)
        sendMessages()
    }

    // MARK: - The end

    /// Ends the session for a reason of the program, and tells the peer as far as it can be reached.
    func end(_ reason: EndReason, _ detail: String) {
        guard !isOver else { return }
        if machine != nil {
            machine?.end(reason, detail: detail)
            drain()
        } else if isIntroduced, reason == .finished, farewell == nil {
            farewell = loop.assumeIsolated().scheduleTask(in: Self.farewellPatience) { [weak self] in self?.conclude(.finished, "") }
            return
        }
        // Who has stopped does not care what else went wrong.
        if farewell == nil { conclude(reason, detail) } else { conclude(.finished, "") }
    }

    private func conclude(_ reason: EndReason, _ detail: String) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        farewell?.cancel()
        connectDeadline?.cancel()
        for service in services.values { service.handle(.sessionEnded) }
        // Before anybody came there was no session.
        if isIntroduced { recorder.end(reason, detail, role: role, peer: peerName, tried: pairs, findings: findings) }
        printer.print(.ended(reason, detail: detail))
        onEnd(reason, detail)
    }

    // MARK: - Draining

    func drain() {
        guard let deadline = drainMachine() else { return timer?.cancel() ?? () }
        timer?.cancel()
        timer = loop.assumeIsolated().scheduleTask(in: .until(deadline, from: MonotonicClock.now())) { [weak self] in
            guard let self else { return }
            machine?.handleTimeout(at: MonotonicClock.now())
            drain()
        }
    }

    /// - Returns: when the machine wants to be called again.
    private func drainMachine() -> Instant? {
        sendMessages()
        while let event = machine?.nextEvent() {
            recorder.ledger.note(event, at: .now)
            if case .ended(let reason, let detail) = event {
                onEvent(event)
                conclude(reason, detail)
            } else {
                // First what has happened, then what the flow has to say of it.
                if let line = SessionEventLine(event, notice: notice) { printer.print(line) }
                onEvent(event)
                tellServices(of: event)
            }
        }
        catchUp()
        onChange()
        return machine?.nextDeadline
    }

    private func sendMessages() {
        while let message = machine?.nextMessage() {
            peer.assumeIsolated { _ = $0.send(message, on: .control) }
        }
    }
}
