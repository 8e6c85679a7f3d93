public import NetPrimitives

/// Files, clipboard and connections: either side may ask, in the same words and with the same bounds, while the
/// screen may be seen. Who is not let in may ask for nothing more. The rules of both sides bound it all, and
/// when view ends, everything that was lent ends with it.
extension SessionMachine {
    /// What is granted at the moment.
    public var lent: [SideRequest] { side.entries.filter { !$0.isOpen }.map(\.request) }

    /// What waits for an answer of this side's person.
    public var questions: [SideRequest] { side.entries.filter { $0.isOpen && $0.request.asker != role }.map(\.request) }

    /// What was granted to the other side under this number of its own: it may open data channels for that.
    public func lent(_ kind: Capability, toPeersRequest wireID: UInt32) -> SideRequest? {
        guard let entry = side.entry(wireID: wireID, by: role.other), !entry.isOpen, entry.request.kind == kind else { return nil }
        return entry.request
    }

    // MARK: Asking

    /// Asks the other side; what its person says comes as an event.
    public mutating func ask(for subject: SideRequest.Subject, at now: Instant) throws(CommandRefusal) -> SideRequest {
        handleTimeout(at: now)
        guard !hasEnded else { throw .hasEnded }
        let kind = subject.kind
        if kind != .file { try require(.helper) }
        guard rules.knows(kind) else { throw .notAvailable(kind) }
        guard isViewGranted else { throw .notGranted(.view) }
        guard rules.mayAsk(for: subject) else { throw .notAllowed(kind) }
        guard peerRules.mayBeAsked(for: subject) else { throw .notAllowedThere(kind) }
        if let entry = side.entry(like: subject, by: role) { throw entry.isOpen ? .alreadyAsked : .alreadyGranted }
        guard side.count(of: kind, by: role) < limits.atOnce else { throw .tooMany(kind) }
        try requireRoomToSend()
        switch side.admit(kind, by: role, at: now, limits: limits) {
        case .tooSoon(let until)?: throw .tooSoon(until - now)
        case .tooOften?: throw .tooOften
        case nil: break
        }
        let id = numberRequest()
        let request = SideRequest(id: id, wireID: id, asker: role, subject)
        side.add(request, until: nil)
        post(.ask(id: id, subject))
        return request
    }

    /// Which way the clipboard may be asked for: what both sides' rules leave.
    var clipboardLeft: SideRules.Ways { rules.clipboard.intersection(peerRules.clipboard.reversed) }

    /// The other side asks.
    mutating func receiveAsk(id: UInt32, _ subject: SideRequest.Subject, at now: Instant) {
        let kind = subject.kind
        // Only a helper asks for the clipboard and for connections.
        guard isViewGranted, kind == .file || role == .sharer, rules.mayBeAsked(for: subject) else {
            return refuse(id: id, kind, isNews: true)
        }
        guard side.entry(wireID: id, by: role.other) == nil, side.entry(like: subject, by: role.other) == nil else {
            return refuse(id: id, kind, isNews: false)
        }
        // Who asks may count as over what here is not yet: twice what it allows itself.
        guard side.count(of: kind, by: role.other) < 2 * limits.atOnce,
            side.admit(kind, by: role.other, at: now, limits: limits) == nil
        else { return refuse(id: id, kind, isNews: true) }
        let request = SideRequest(id: numberRequest(), wireID: id, asker: role.other, subject.cleaned)
        side.add(request, until: now + limits.answer)
        letGo()  // until it is answered the helper types and clicks nothing
        emit(.sideRequest(request, from: peer))
    }

    // MARK: Answering

    mutating func answer(_ request: SideRequest, yes: Bool, at now: Instant) {
        guard yes else { return deny(request, by: role.decider, at: now) }
        side.grant(request)
        post(.granted(id: request.wireID, request.kind))
        emit(.sideGranted(request, by: role.decider))
    }

    private mutating func deny(_ request: SideRequest, by decider: Decider, at now: Instant) {
        _ = side.take { $0.request == request }
        side.noteNo(to: request, at: now, limits: limits)
        if decider == .timeout { questionGone() }
        post(.denied(id: request.wireID, request.kind, by: decider))
        emit(.sideDenied(request, by: decider))
    }

    /// Silence is a no.
    mutating func denyOverdue(at now: Instant) {
        while let overdue = side.entries.first(where: { if case .open(let deadline?) = $0.phase { now >= deadline } else { false } }) {
            deny(overdue.request, by: .timeout, at: now)
        }
    }

    /// The other side's yes. One to what is no longer asked was on its way: it is told so, and both know the same again.
    mutating func receiveYes(id: UInt32, _ kind: Capability) {
        guard let entry = side.entry(wireID: id, by: role), entry.request.kind == kind else {
            post(.withdrawn(id: id, kind))
            return countRefusal()
        }
        guard entry.isOpen else { return }
        side.grant(entry.request)
        emit(.sideGranted(entry.request, by: role.other.decider))
    }

    mutating func receiveNo(id: UInt32, _ kind: Capability, by decider: Decider, at now: Instant) {
        guard let entry = side.entry(wireID: id, by: role), entry.request.kind == kind, entry.isOpen else { return }
        _ = side.take { $0 == entry }
        side.noteNo(to: entry.request, at: now, limits: limits)
        // Nobody can say no in our person's name.
        emit(.sideDenied(entry.request, by: decider == role.decider ? role.other.decider : decider))
    }

    // MARK: Ending

    /// Takes back what this side has asked for, or ends what it was granted; the other side is told.
    public mutating func withdraw(_ id: UInt32) {
        guard let entry = side.take(where: { $0.request.id == id && $0.request.asker == role }).first else { return }
        tellEnd(of: entry, by: role.decider)
        post(.withdrawn(id: entry.request.wireID, entry.request.kind))
    }

    /// What was granted is used up, as both sides know: a file has been sent. Nothing is told.
    public mutating func settle(_ id: UInt32) { _ = side.take { $0.request.id == id && !$0.isOpen } }

    mutating func receiveWithdrawal(id: UInt32, _ kind: Capability) {
        let theirs = role.other
        for entry in side.take(where: { $0.request.wireID == id && $0.request.asker == theirs && $0.request.kind == kind }) {
            tellEnd(of: entry, by: theirs.decider)
        }
    }

    /// Ends all of a kind, whoever asked for it; false when there is none.
    mutating func endAll(_ kind: Capability, by decider: Decider, at now: Instant) -> Bool {
        let ended = side.take { $0.request.kind == kind }
        for entry in ended {
            // Taken away before it was answered is a no, but for who has asked.
            if entry.isOpen, entry.request.asker.decider != decider { side.noteNo(to: entry.request, at: now, limits: limits) }
            tellEnd(of: entry, by: decider)
        }
        return !ended.isEmpty
    }

    /// View has ended, and with it everything.
    mutating func endAll(by decider: Decider) {
        for entry in side.take(where: { _ in true }) { tellEnd(of: entry, by: decider) }
    }

    private mutating func tellEnd(of entry: SideBook.Entry, by decider: Decider) {
        if entry.isOpen, entry.request.asker != role, decider != role.decider { questionGone() }
        emit(entry.isOpen ? .sideDenied(entry.request, by: decider) : .sideRevoked(entry.request, by: decider))
    }

    // MARK: Rules

    /// Once, as soon as the other side may know what there is: the sharer with its first yes, the helper at the beginning.
    mutating func tellRules() {
        guard !hasToldRules else { return }
        hasToldRules = true
        if rules != SideRules() { post(.rules(rules)) }
    }

    /// Said once.
    mutating func receive(_ rules: SideRules) {
        guard !knowsPeerRules else { return }
        knowsPeerRules = true
        peerRules = rules
        emit(.peerRules(rules))
    }
}

extension SideRequest.Subject {
    /// With the name that a file would be kept under: that is what the person is asked about.
    fileprivate var cleaned: SideRequest.Subject {
        if case .file(let name, let bytes) = self { .file(name: FileName(name).text, bytes: bytes) } else { self }
    }
}
