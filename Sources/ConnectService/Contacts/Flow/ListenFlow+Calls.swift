import Foundation
import HostNetwork
import NIOCore
import NIOTransport
import NetPrimitives
import Policy
import Rendezvous
import Session

// Who calls, what policy and person say to it, and what comes of a yes.
extension ListenFlow {
    func called(_ call: CallID, from caller: PersonKey, _ letter: CallLetter, at now: Instant) {
        // Whoever is in a session is not available.
        guard session == nil else { return hangUp(call) }
        // Who was blocked a moment ago in another terminal is.
        lookAtBook()
        let contact = book.contact(with: caller)
        switch letter {
        case .ring(let ring):
            guard contact?.isBlocked == false, allows({ policy throws(PolicyRefusal) in try policy.permitMeeting(at: ring.relay) })
            else { return hangUp(call) }
        case .offer(let offer):
            guard let contact, !contact.isBlocked, ceiling(of: offer, by: contact) != nil else { return hangUp(call) }
        case .request(let request):
            // To be asked again and again by somebody who is blocked is what blocking is against: nothing is said, and nothing hung up.
            guard !book.isBlocked(request.from) else { return }
            if let known = book.contact(at: request.from), known.key != caller {
                return printer.complain("\(ContactBook.Refusal.changedKey(request.from, known: known.key, now: caller))")
            }
        }
        guard let entry = calls.add(call, from: caller, letter, at: now) else { return hangUp(call) }
        if letter.kind != .request { answer(call, .ringing) }
        printer.print(.contact(question(entry, contact)))
        desktop?.show(entry.number, title: title(entry, contact), text: entry.letter.message ?? caller.fingerprint)
        watchCalls()
    }

    func hungUp(_ call: CallID, _ letter: AnswerLetter?) {
        guard let entry = calls.remove(call) else { return }
        over(entry, letter == .taken ? .taken : .hungUp)
    }

    /// What the person says, with or without the number of the call.
    func answer(_ number: UInt32?, isYes: Bool) {
        guard let entry = calls.take(number) else { return printer.complain("Nobody calls.") }
        over(entry, isYes ? .accepted : .declined)
        guard isYes else {
            return say { $0.hangUp(entry.call, saying: .declined, at: .now()) }
        }
        switch entry.letter {
        case .ring(let ring): help(ring, entry)
        case .offer(let offer): share(offer, entry)
        case .request(let request): Task { await self.accept(request, entry) }
        }
    }

    func hangUp(_ call: CallID) { say { $0.hangUp(call, at: .now()) } }

    func answer(_ call: CallID, _ letter: AnswerLetter) {
        say { $0.answer(call, letter, at: .now()) }
    }

    /// It rings no longer.
    func over(_ entry: IncomingCalls.Entry, _ end: ContactEvent.CallEnd) {
        desktop?.withdraw(entry.number)
        printer.print(.contact(.callEnded(id: entry.number, from: name(entry), end)))
        watchCalls()
    }

    private func watchCalls() {
        callTimer?.cancel()
        callTimer = calls.nextDeadline.map { deadline in
            loop.assumeIsolated().scheduleTask(in: .until(deadline, from: MonotonicClock.now())) {
                self.assumeIsolated { flow in
                    for entry in flow.calls.expire(at: MonotonicClock.now()) {
                        flow.hangUp(entry.call)
                        flow.over(entry, .timeout)
                    }
                    flow.watchCalls()
                }
            }
        }
    }

    // MARK: What is allowed

    private func allows<Permit>(_ decide: (Policy) throws(PolicyRefusal) -> Permit) -> Bool {
        do throws(PolicyRefusal) {
            _ = try decide(options.policy)
            return true
        } catch {
            printer.note("\(error)")
            return false
        }
    }

    /// The most that an offer can come to; nil when policy or person do not let it be made.
    func ceiling(of offer: Offer, by contact: Contact) -> Rendezvous.Ceiling? {
        let wish = OfferWish(
            address: contact.address, key: contact.key, groups: AccountGroups.names(of: contact.address.name.text), ceiling: offer.ceiling)
        do throws(PolicyRefusal) {
            let permitted = try options.policy.permitOffer(wish)
            try options.policy.permitMeeting(at: options.own.relay)
            switch contact.offers {
            case .none: return nil
            case .view: return .view
            case .control: return permitted
            }
        } catch {
            printer.note("\(error)")
            return nil
        }
    }

    // MARK: How it is told

    private func name(_ entry: IncomingCalls.Entry) -> String {
        "\(book.contact(with: entry.caller)?.address ?? entry.letter.from)"
    }

    private func question(_ entry: IncomingCalls.Entry, _ contact: Contact?) -> ContactEvent {
        var granted: String?
        if case .offer(let offer) = entry.letter, let contact { granted = ceiling(of: offer, by: contact)?.rawValue }
        if case .ring(let ring) = entry.letter { granted = ring.ceiling.rawValue }
        return .call(
            id: entry.number, entry.letter.kind.told, from: name(entry), fingerprint: entry.caller.fingerprint, ceiling: granted,
            message: entry.letter.message)
    }

    private func title(_ entry: IncomingCalls.Entry, _ contact: Contact?) -> String {
        switch entry.letter {
        case .ring: "\(name(entry)) asks for your help"
        case .offer: "\(name(entry)) offers to help you"
        case .request: "\(name(entry)) asks to be your contact"
        }
    }

    // MARK: The desktop

    /// Numbers of a session's requests, beside those of calls.
    private static let requestBase: UInt32 = 1 << 31

    func openDesktop() {
        desktop = DesktopNotifications { number, isAccepted in
            self.loop.execute { self.assumeIsolated { $0.answered(number, isAccepted) } }
        } ended: {
            self.loop.execute { self.assumeIsolated { $0.desktop = nil } }
        }
    }

    private func answered(_ number: UInt32, _ isAccepted: Bool) {
        guard number >= Self.requestBase else {
            // It may have been answered at the terminal meanwhile.
            if calls.entries.contains(where: { $0.number == number }) { answer(number, isYes: isAccepted) }
            return
        }
        guard let flow = session?.flow else { return }
        Task { await flow.perform(line: "\(isAccepted ? "yes" : "no") \(number - Self.requestBase)") }
    }

    /// What a session asks its person is asked on the desktop as well: there may be no terminal.
    func sessionPrinter(for role: Role) -> EventPrinter {
        EventPrinter(asJSON: printer.isForPrograms, role: role) { event in
            self.loop.execute { self.assumeIsolated { $0.observe(event, of: role) } }
        }
    }

    private func observe(_ event: SessionEventLine, of role: Role) {
        switch event {
        case .request(let id, let kind, let from, _, _): show(event, id, kind, from: from, to: role)
        case .sideRequest(let request, let from, _): show(event, request.id, request.kind, from: from, to: role)
        case .granted(let kind, _), .denied(let kind, _), .revoked(let kind, _): withdraw { $0 == kind }
        case .side(_, let request, _): withdraw { $0 == request.kind }
        case .ended: withdraw { _ in true }
        case .invitation, .helper, .connected, .path, .candidates, .firstFrame, .paused, .resumed, .chat, .file, .forwarding, .clipboard,
            .contact:
            break
        }
    }

    private func show(_ event: SessionEventLine, _ id: UInt32, _ kind: Capability, from: String, to role: Role) {
        asked.append((id, kind))
        desktop?.show(Self.requestBase + id, title: from, text: event.sentence(for: role, peer: from))
    }

    private func withdraw(_ isOver: (Capability) -> Bool) {
        for (id, kind) in asked where isOver(kind) { desktop?.withdraw(Self.requestBase + id) }
        asked.removeAll { isOver($0.kind) }
    }
}

extension CallLetter {
    /// What the caller has typed.
    var message: String? {
        switch self {
        case .ring(let ring): ring.message
        case .offer(let offer): offer.message
        case .request(let request): request.message
        }
    }
}

extension CallKind {
    var told: ContactEvent.CallKind {
        switch self {
        case .ring: .ring
        case .offer: .offer
        case .request: .request
        }
    }
}
