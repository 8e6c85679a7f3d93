internal import NetPrimitives

/// The helper's side: asks, and follows what the sharer says.
extension SessionMachine {
    mutating func handleAtHelper(_ message: ControlMessage, at now: Instant) {
        switch message {
        case .granted(let id, let kind) where kind.isSide: receiveYes(id: id, kind)
        case .granted(let id, let kind): granted(id: id, kind)
        case .denied(let id, let kind, let decider) where kind.isSide: receiveNo(id: id, kind, by: decider, at: now)
        case .denied(let id, let kind, let decider): denied(id: id, kind, by: decider, at: now)
        case .revoked(let kind, let decider): _ = drop(kind, by: decider, at: now)
        case .rules(let rules): receive(rules)
        case .ask(let id, let subject): receiveAsk(id: id, subject, at: now)
        case .withdrawn(let id, let kind): receiveWithdrawal(id: id, kind)
        case .paused:
            guard case .viewing(let control, paused: false) = state else { return }
            state = .viewing(control, paused: true)
            emit(.paused)
        case .resumed:
            guard case .viewing(let control, paused: true) = state else { return }
            state = .viewing(control, paused: false)
            emit(.resumed)
        case .chat(let text): receiveChat(text)
        case .end(let reason, let detail): endedByPeer(reason, detail: detail)
        case .request(let id, let kind, _):
            // What a sharer may ask of a helper, a file, it says with `ask`.
            refuse(id: id, kind, isNews: kind != .view && kind != .control)
        case .release, .input, .keyFrame, .acknowledge:
            finish(.error, detail: "The sharer sent what only a helper can say.")
        }
    }

    // MARK: Asking

    mutating func request(_ kind: Capability, detail: String, at now: Instant) throws(CommandRefusal) {
        try require(.helper)
        switch (kind, state) {
        case (.view, .connected), (.control, .viewing(.none, _)): break
        case (.view, .askingToView), (.control, .viewing(.asking, _)): throw .alreadyAsked
        case (.view, .viewing), (.control, .viewing(.granted, _)): throw .alreadyGranted
        case (.control, _): throw .notGranted(.view)
        case (.view, .ended): throw .hasEnded
        case (.clipboard, _):
            let left = clipboardLeft
            _ = try ask(for: .clipboard(left.isEmpty ? rules.clipboard : left), at: now)
            return
        case (.file, _), (.tcp, _): throw .notAvailable(kind)  // there is more to say: `ask`
        }
        guard detail.utf8.count <= ControlMessage.maximumDetailBytes else {
            throw .textTooLong(maximumBytes: ControlMessage.maximumDetailBytes)
        }
        try requireRoomToSend()
        switch quota(for: kind, at: now) {
        case .tooSoon(let until)?: throw .tooSoon(until - now)
        case .tooOften?: throw .tooOften
        case nil: ask(kind, detail: detail)
        }
    }

    mutating func ask(_ kind: Capability, detail: String) {
        let id = numberRequest()
        let request = SessionState.OpenRequest(id: id, wireID: id, deadline: nil)
        post(.request(id: id, kind, detail: detail))
        if case .viewing(_, let paused) = state {
            state = .viewing(.asking(request), paused: paused)
        } else {
            state = .askingToView(request)
        }
    }

    /// An answer to a request that was taken back meanwhile changes nothing: the sharer hears of that, too.
    private mutating func granted(id: UInt32, _ kind: Capability) {
        guard let (request, asked) = state.openRequest, request.wireID == id, asked == kind else { return }
        if case .viewing(_, let paused) = state {
            state = .viewing(.granted(HeldInput()), paused: paused)
        } else {
            state = .viewing(.none, paused: false)
        }
        emit(.granted(kind, by: .sharer))
    }

    private mutating func denied(id: UInt32, _ kind: Capability, by decider: Decider, at now: Instant) {
        guard let (request, asked) = state.openRequest, request.wireID == id, asked == kind else { return }
        noteNo(to: kind, at: now)
        emit(.denied(kind, by: decider))
        if case .viewing(_, let paused) = state {
            state = .viewing(.none, paused: paused)
        } else {
            finish(EndReason(viewDeniedBy: decider), detail: "")
        }
    }

    // MARK: Giving back

    mutating func release(_ kind: Capability, at now: Instant) throws(CommandRefusal) {
        try require(.helper)
        if let (_, asked) = state.openRequest, asked == kind {
            if case .viewing(_, let paused) = state {
                state = .viewing(.none, paused: paused)
            } else {
                state = .connected
            }
            emit(.denied(kind, by: .helper))
        } else {
            guard drop(kind, by: .helper, at: now) else { throw .notGranted(kind) }
        }
        post(.release(kind))
    }

    /// Ends what was granted, control with view; false when it was not.
    private mutating func drop(_ kind: Capability, by decider: Decider, at now: Instant) -> Bool {
        if kind.isSide { return endAll(kind, by: decider, at: now) }
        guard case .viewing(let control, let paused) = state else { return false }
        switch (kind, control) {
        case (.control, .granted):
            state = .viewing(.none, paused: paused)
        case (.view, _):
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

    // MARK: Moving, typing, watching

    mutating func send(_ event: InputEvent) throws(CommandRefusal) {
        try require(.helper)
        guard case .viewing(.granted, let paused) = state else { throw .notGranted(.control) }
        guard !paused else { throw .isPaused }
        if case .text(let text) = event {
            guard !text.isEmpty else { throw .emptyText }
            guard text.utf8.count <= InputEvent.maximumTextBytes else {
                throw .textTooLong(maximumBytes: InputEvent.maximumTextBytes)
            }
            guard InputEvent.isTypeable(text) else { throw .notTypeable }
        }
        try requireRoomToSend()
        post(.input(event))
    }

    mutating func sendFromViewer(_ message: ControlMessage) throws(CommandRefusal) {
        try require(.helper)
        guard case .viewing = state else { throw .notGranted(.view) }
        try requireRoomToSend()
        post(message)
    }
}
