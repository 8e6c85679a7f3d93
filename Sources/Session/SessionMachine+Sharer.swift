internal import NetPrimitives

/// The sharer's side: everything that must hold whatever the helper sends.
extension SessionMachine {
    mutating func handleAtSharer(_ message: ControlMessage, at now: Instant) {
        switch message {
        case .request(let id, let kind, let detail): receiveRequest(id: id, kind, detail: detail, at: now)
        case .release(let kind): helperReleased(kind, at: now)
        case .input(let event): receiveInput(event, at: now)
        case .keyFrame:
            guard screenMayFlow, keyFrames.request(at: now, interval: limits.keyFrameInterval) else { return }
            emit(.keyFrameRequested)
        case .acknowledge(let frame): if screenMayFlow { emit(.frameAcknowledged(frame)) }
        case .chat(let text): receiveChat(text)
        case .end(let reason, let detail): endedByPeer(reason, detail: detail)
        case .rules(let rules): receive(rules)
        case .ask(let id, let subject): receiveAsk(id: id, subject, at: now)
        case .withdrawn(let id, let kind): receiveWithdrawal(id: id, kind)
        case .granted(let id, .file): receiveYes(id: id, .file)
        case .denied(let id, .file, let decider): receiveNo(id: id, .file, by: decider, at: now)
        case .granted, .denied, .revoked, .paused, .resumed:
            finish(.error, detail: "The helper sent what only a sharer can say.")
        }
    }

    // MARK: Requests

    private mutating func receiveRequest(id: UInt32, _ kind: Capability, detail: String, at now: Instant) {
        switch (kind, state) {
        case (.file, _), (.clipboard, _), (.tcp, _):
            refuse(id: id, kind, isNews: true)
        case (.view, .connected):
            guard quota(for: .view, at: now) == nil else {
                refuse(id: id, .view, isNews: true)
                return finish(.policy, detail: "The screen was asked for too often.")
            }
            let request = open(id, at: now)
            state = .askingToView(request)
            emit(.request(id: request.id, .view, from: peer, detail: detail))
        case (.control, .viewing(.none, let paused)):
            guard ceiling == .control, quota(for: .control, at: now) == nil else {
                return refuse(id: id, .control, isNews: true)
            }
            let request = open(id, at: now)
            state = .viewing(.asking(request), paused: paused)
            emit(.request(id: request.id, .control, from: peer, detail: detail))
        case (.control, .connected), (.control, .askingToView):
            refuse(id: id, .control, isNews: true)
        case (.view, _), (.control, _):  // a second one, or of what is granted
            refuse(id: id, kind, isNews: false)
        }
    }

    private mutating func open(_ wireID: UInt32, at now: Instant) -> SessionState.OpenRequest {
        SessionState.OpenRequest(id: numberRequest(), wireID: wireID, deadline: now + limits.answer)
    }

    /// Answers the open request for view or control.
    mutating func answerMain(yes: Bool, at now: Instant) {
        guard let (request, kind) = state.openRequest else { return }
        guard yes else { return deny(by: .sharer, at: now) }
        post(.granted(id: request.wireID, kind))
        emit(.granted(kind, by: .sharer))
        switch state {
        case .askingToView:
            state = .viewing(.none, paused: false)
            emit(.startSharing)
            tellRules()
        case .viewing(_, let paused):
            state = .viewing(.granted(HeldInput()), paused: paused)
        case .connected, .ended:
            break  // nothing is open in these
        }
    }

    /// Answers no to the open request. A no to view is the end.
    mutating func deny(by decider: Decider, at now: Instant) {
        guard let (request, kind) = state.openRequest else { return }
        noteNo(to: kind, at: now)
        if decider == .timeout { questionGone() }
        post(.denied(id: request.wireID, kind, by: decider))
        emit(.denied(kind, by: decider))
        switch state {
        case .askingToView:
            finish(EndReason(viewDeniedBy: decider), detail: "")
        case .viewing(_, let paused):
            state = .viewing(.none, paused: paused)
        case .connected, .ended:
            break  // nothing is open in these
        }
    }

    // MARK: Input

    /// While something is asked, nothing of the helper's reaches the screen: it could be the answer.
    private mutating func receiveInput(_ event: InputEvent, at now: Instant) {
        guard case .viewing(.granted(var held), paused: false) = state, side.question(nil, to: .sharer) == nil, held.admit(event)
        else { return }
        state = .viewing(.granted(held), paused: false)
        lastInputAt = now
        emit(.input(event))
    }

    /// Lets go of what the helper holds down; control stays as it is.
    mutating func letGo() {
        guard case .viewing(.granted(let held), let paused) = state, !held.isEmpty else { return }
        state = .viewing(.granted(HeldInput()), paused: paused)
        emit(.letGo(held.releases))
    }

    // MARK: Taking back

    mutating func pause() throws(CommandRefusal) {
        try require(.sharer)
        guard case .viewing(_, let paused) = state else { throw .notGranted(.view) }
        guard !paused else { throw .isPaused }
        stopShowing()
        guard case .viewing(let control, _) = state else { return }
        state = .viewing(control, paused: true)
        post(.paused)
        emit(.paused)
    }

    mutating func resume() throws(CommandRefusal) {
        try require(.sharer)
        guard case .viewing(let control, let paused) = state else { throw .notGranted(.view) }
        guard paused else { throw .isNotPaused }
        try requireRoomToSend()
        state = .viewing(control, paused: false)
        post(.resumed)
        emit(.resumed)
        emit(.startSharing)
    }

    mutating func revoke(_ kind: Capability, at now: Instant) throws(CommandRefusal) {
        try require(.sharer)
        if let (_, asked) = state.openRequest, asked == kind { return deny(by: .sharer, at: now) }
        guard takeBack(kind, by: .sharer, at: now) else { throw .notGranted(kind) }
        post(.revoked(kind, by: .sharer))
    }

    /// The helper gave something back, or took its request back; both may cross an answer on the way.
    private mutating func helperReleased(_ kind: Capability, at now: Instant) {
        guard let (_, asked) = state.openRequest, asked == kind else {
            _ = takeBack(kind, by: .helper, at: now)
            return
        }
        questionGone()
        emit(.denied(kind, by: .helper))  // no wait follows; how often it may be asked in all still holds
        if case .viewing(_, let paused) = state {
            state = .viewing(.none, paused: paused)
        } else {
            state = .connected
        }
    }

    /// Ends what was granted, control with view; false when it was not. An open request for control goes with view.
    private mutating func takeBack(_ kind: Capability, by decider: Decider, at now: Instant) -> Bool {
        if kind.isSide { return endAll(kind, by: decider, at: now) }
        guard case .viewing(let control, let paused) = state else { return false }
        switch (kind, control) {
        case (.control, .granted):
            letGo()
            state = .viewing(.none, paused: paused)
        case (.view, _):
            stopShowing()
            state = .connected
            endAll(by: decider)
            switch control {
            case .none: break
            case .asking: emit(.denied(.control, by: decider))
            case .granted: emit(.revoked(.control, by: decider))
            }
        case (.control, .none), (.control, .asking), (.file, _), (.clipboard, _), (.tcp, _):
            return false
        }
        emit(.revoked(kind, by: decider))
        return true
    }

    /// Stops input and screen, in that order, before anything else is said.
    mutating func stopShowing() {
        guard role == .sharer else { return }
        letGo()
        guard screenMayFlow else { return }
        keyFrames.reset()
        emit(.stopSharing)
    }
}

extension EndReason {
    /// A session in which nothing may be seen is over; this is why.
    init(viewDeniedBy decider: Decider) {
        switch decider {
        case .sharer, .helper: self = .declined
        case .policy: self = .policy
        case .timeout: self = .timeout
        }
    }
}
