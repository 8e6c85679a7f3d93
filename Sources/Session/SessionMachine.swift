public import NetPrimitives

/// The consent of one session: who may see, who may type, and who said so. Both sides run the same machine.
///
/// It is made when the "control" data channel is open; the helper's asks to view by itself, for accepting an
/// invitation is not consent. Commands of the person, messages of the peer and the time go in; messages for the peer
/// and events come out. What protects the sharer is enforced by the sharer's own machine, whatever the peer sends:
/// `startSharing` follows only a yes, `input` comes only while control is granted and nothing is paused, and when view
/// ends, control and everything else that was lent end with it.
public struct SessionMachine: Sendable {
    public let role: Role
    /// What the other side is called, as the rendezvous has it.
    public let peer: String
    public let ceiling: Ceiling
    public let limits: SessionLimits
    /// What this side leaves of files, clipboard and connections.
    public let rules: SideRules
    /// What the other side leaves; nothing before it has said so.
    public internal(set) var peerRules = SideRules()

    var state: SessionState = .connected
    var keyFrames = KeyFrameGate()
    /// Files, clipboard and connections that are asked for or granted.
    var side = SideBook()
    /// Whether the other side knows ours.
    var hasToldRules = false
    var knowsPeerRules = false
    /// When the machine was called last.
    private var lastCall = Instant.zero
    /// When the helper's input went to the screen last.
    var lastInputAt: Instant?
    /// When something that this side was asked was taken back or ran out: the next yes may have been meant for that.
    private var questionGoneAt: Instant?
    private(set) var quotas: [Capability: RequestQuota] = [:]
    private(set) var lastRequest: UInt32 = 0
    private(set) var refusals = 0
    private var messages = SessionQueue<ControlMessage>()
    private var events = SessionQueue<SessionEvent>()

    public init(
        role: Role, peer: String, ceiling: Ceiling = .control, rules: SideRules = SideRules(),
        limits: SessionLimits = SessionLimits(), at now: Instant
    ) {
        self.role = role
        self.peer = peer
        self.ceiling = ceiling
        self.rules = rules
        self.limits = limits
        guard role == .helper, quota(for: .view, at: now) == nil else { return }
        ask(.view, detail: "")
        tellRules()
    }

    public var status: SessionStatus { SessionStatus(state) }

    /// Sharer: whether frames may be sent now. Helper: whether one that arrives may be shown.
    public var screenMayFlow: Bool {
        if case .viewing(_, paused: false) = state { true } else { false }
    }

    /// Takes one message of the control channel. Bytes that are no message end the session with `error`.
    public mutating func receive(_ bytes: [UInt8], at now: Instant) {
        handleTimeout(at: now)
        guard !hasEnded else { return }
        // What a peer makes this side answer is bounded by the requests it may make; what it makes it tell, by this.
        guard events.count < limits.waiting else {
            return finish(.error, detail: "The other side sends more than this one can take.")
        }
        do {
            guard let message = try ControlMessage.decode(bytes) else { return }
            switch role {
            case .sharer: handleAtSharer(message, at: now)
            case .helper: handleAtHelper(message, at: now)
            }
        } catch {
            finish(.error, detail: "The other side sent something that is not a message (\(error)).")
        }
    }

    /// Answers no to what was not answered in time, and passes on a key frame request that waited.
    public mutating func handleTimeout(at now: Instant) {
        lastCall = max(lastCall, now)
        if role == .sharer, let (request, _) = state.openRequest, let deadline = request.deadline, now >= deadline {
            deny(by: .timeout, at: now)
        }
        denyOverdue(at: now)
        if screenMayFlow, keyFrames.open(at: now, interval: limits.keyFrameInterval) { emit(.keyFrameRequested) }
    }

    /// Does what the person wants, or says why not and changes nothing.
    public mutating func perform(_ command: SessionCommand, at now: Instant) throws(CommandRefusal) {
        handleTimeout(at: now)
        guard !hasEnded else { throw .hasEnded }
        switch command {
        case .yes(let id): try answer(id, yes: true, at: now)
        case .no(let id): try answer(id, yes: false, at: now)
        case .pause: try pause()
        case .resume: try resume()
        case .revoke(let kind): try revoke(kind, at: now)
        case .request(let kind, let detail): try request(kind, detail: detail, at: now)
        case .release(let kind): try release(kind, at: now)
        case .ask(let subject): _ = try ask(for: subject, at: now)
        case .input(let event): try send(event)
        case .requestKeyFrame: try sendFromViewer(.keyFrame)
        case .acknowledge(let frame): try sendFromViewer(.acknowledge(frame: frame))
        case .say(let text): try say(text)
        case .stop: finish(.finished, detail: "")
        }
    }

    /// Ends the session for a reason of the program: the peer is lost, the display is gone, an administrator said so.
    /// The peer is told, as far as it can still be reached. Does nothing when the session has ended.
    public mutating func end(_ reason: EndReason, detail: String = "") { finish(reason, detail: detail) }

    /// The next message to put on the control channel.
    public mutating func nextMessage() -> [UInt8]? { messages.popFirst()?.encoded() }

    public mutating func nextEvent() -> SessionEvent? { events.popFirst() }

    public var nextDeadline: Instant? {
        let answer = role == .sharer ? state.openRequest?.0.deadline : nil
        return .earliest(answer, side.nextDeadline, screenMayFlow ? keyFrames.deadline : nil)
    }
}

// MARK: - What both sides do

extension SessionMachine {
    var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }

    mutating func emit(_ event: SessionEvent) {
        // Only where the pointer is counts, not every place it passed while the driver was busy.
        if case .input(.move) = event, case .input(.move)? = events.last { return events.replaceLast(with: event) }
        events.append(event)
    }

    mutating func post(_ message: ControlMessage) {
        if case .input(.move) = message, case .input(.move)? = messages.last {
            return messages.replaceLast(with: message)
        }
        messages.append(message)
    }

    func requireRoomToSend() throws(CommandRefusal) {
        guard messages.count < limits.waiting else { throw .busy }
    }

    func require(_ side: Role) throws(CommandRefusal) {
        guard role == side else { throw .belongsToOtherSide }
    }

    mutating func quota(for kind: Capability, at now: Instant) -> RequestQuota.Refusal? {
        quotas[kind, default: RequestQuota()].admit(at: now, limits: limits)
    }

    mutating func noteNo(to kind: Capability, at now: Instant) {
        quotas[kind, default: RequestQuota()].noteNo(at: now, limits: limits)
    }

    /// The number of a new request: 1, 2, 3…
    mutating func numberRequest() -> UInt32 {
        lastRequest &+= 1
        return lastRequest
    }

    /// Answers a request by policy, without asking the person.
    ///
    /// - Parameter isNews: whether this side should hear of it, too.
    mutating func refuse(id: UInt32, _ kind: Capability, isNews: Bool) {
        post(.denied(id: id, kind, by: .policy))
        if isNews { emit(.denied(kind, by: .policy)) }
        countRefusal()
    }

    mutating func countRefusal() {
        refusals += 1
        if refusals > limits.refusalsWithoutAsking { finish(.error, detail: "The other side does not stop asking.") }
    }

    var isViewGranted: Bool {
        if case .viewing = state { true } else { false }
    }

    /// Answers what is asked of this side: the oldest request of all, or the one with that number.
    mutating func answer(_ id: UInt32?, yes: Bool, at now: Instant) throws(CommandRefusal) {
        let main = role == .sharer ? state.openRequest.flatMap { id == nil || id == $0.0.id ? $0.0.id : nil } : nil
        let asked = side.question(id, to: role)
        guard main != nil || asked != nil else { throw .nothingAsked }
        // Whoever asks sees the screen: a question could be taken back, and another one stand in its place, under the finger.
        if yes, id == nil, let gone = questionGoneAt, now < gone + limits.afterQuestion { throw .questionChanged }
        guard let asked, main.map({ asked.id < $0 }) ?? true else { return answerMain(yes: yes, at: now) }
        // The answer may come from a terminal on the shared screen, where the helper can type.
        if yes, let last = lastInputAt, now < last + limits.afterInput { throw .helperWasTyping }
        answer(asked, yes: yes, at: now)
    }

    /// A question to this side's person has gone without their answer.
    mutating func questionGone() { questionGoneAt = lastCall }

    mutating func receiveChat(_ text: String) { emit(.chat(from: peer, text: text)) }

    /// The peer has ended the session; who it was is worth a word.
    mutating func endedByPeer(_ reason: EndReason, detail: String) {
        let isBare = reason == .finished && detail.isEmpty
        finish(reason, detail: isBare ? "\(peer) ended it." : detail, tellPeer: false)
    }

    private mutating func say(_ text: String) throws(CommandRefusal) {
        guard !text.isEmpty else { throw .emptyText }
        guard text.utf8.count <= ControlMessage.maximumChatBytes else {
            throw .textTooLong(maximumBytes: ControlMessage.maximumChatBytes)
        }
        try requireRoomToSend()
        post(.chat(text))
    }

    /// Ends the session here and, unless it was the peer that ended it, there.
    mutating func finish(_ reason: EndReason, detail: String, tellPeer: Bool = true) {
        guard !hasEnded else { return }
        stopShowing()
        state = .ended(reason)
        _ = side.take { _ in true }
        messages.removeAll { if case .input = $0 { true } else { false } }
        if tellPeer { post(.end(reason, detail: detail)) }
        emit(.ended(reason, detail: detail))
    }
}
