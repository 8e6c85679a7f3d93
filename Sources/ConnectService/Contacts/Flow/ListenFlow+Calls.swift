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
        let contact = unblocked(caller)
        switch letter {
        case .ring(let ring):
            guard contact != nil, permits(ring.relay) else { return hangUp(call) }
        case .offer(let offer):
            guard let contact, ceiling(of: offer, by: contact) != nil else { return hangUp(call) }
        case .request(let request):
            // To be asked again and again by somebody who is blocked is what blocking is against: nothing is said, and nothing hung up.
            guard !book.isBlocked(request.from), !book.isBlocked(caller) else { return }
            if let known = book.contact(at: request.from), known.key != caller {
                Task { await self.checkKey(of: known) }
                return
            }
        }
        guard let entry = calls.add(call, from: caller, letter, at: now) else { return hangUp(call) }
        if letter.kind != .request { answer(call, .ringing) }
        printer.print(.contact(question(entry, contact)))
        let notice = CallNotice(
            entry.letter.kind, from: name(entry), fingerprint: caller.fingerprint, ceiling: ceiling(entry, contact), message: entry.letter.message)
        desktop?.show(entry.number, title: notice.title, question: notice.question, addition: notice.message)
        watchCalls()
    }

    func hungUp(_ call: CallID, _ letter: AnswerLetter?) {
        guard let entry = calls.remove(call, at: MonotonicClock.now()) else { return }
        over(entry, letter == .taken ? .taken : .hungUp)
    }

    /// What the person says, with or without the number of the call.
    func answer(_ number: UInt32?, isYes: Bool) {
        let entry: IncomingCalls.Entry
        do throws(IncomingCalls.Refusal) { entry = try calls.take(number, at: MonotonicClock.now()) } catch {
            return printer.complain("\(error)")
        }
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

    /// The contact with that key, whom nobody has blocked under any address.
    func unblocked(_ key: PersonKey) -> Contact? { book.isBlocked(key) ? nil : book.contact(with: key) }

    /// The policy as it is now: who listens for weeks is not to go by one of weeks ago.
    func policy() throws(PolicyRefusal) -> Policy {
        do { return try options.policy() } catch let refusal as PolicyRefusal { throw refusal } catch { throw PolicyRefusal("\(error)") }
    }

    /// Whether the policy lets people meet there; where it does not that is said here, and to nobody else.
    func permits(_ relay: RelayURL) -> Bool {
        do throws(PolicyRefusal) {
            try policy().permitMeeting(at: relay)
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
            let policy = try policy()
            let permitted = try policy.permitOffer(wish)
            try policy.permitMeeting(at: options.own.relay)
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
        // Who asks to be a contact asks by the address that would be written down.
        guard entry.letter.kind != .request, let contact = book.contact(with: entry.caller) else { return "\(entry.letter.from)" }
        return "\(contact.address)"
    }

    private func question(_ entry: IncomingCalls.Entry, _ contact: Contact?) -> ContactEvent {
        .call(
            id: entry.number, entry.letter.kind.told, from: name(entry), fingerprint: entry.caller.fingerprint,
            ceiling: ceiling(entry, contact)?.rawValue, message: entry.letter.message)
    }

    /// The most that a yes comes to; nil where it is to a request.
    private func ceiling(_ entry: IncomingCalls.Entry, _ contact: Contact?) -> Rendezvous.Ceiling? {
        switch entry.letter {
        case .ring(let ring): ring.ceiling
        case .offer(let offer): contact.flatMap { ceiling(of: offer, by: $0) }
        case .request: nil
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
        case .request(let id, let kind, _, _, _): show(event, id, kind, to: role)
        case .sideRequest(let request, _, _): show(event, request.id, request.kind, to: role)
        case .granted(let kind, _), .denied(let kind, _), .revoked(let kind, _): withdraw { $0.kind == kind }
        case .side(_, let request, _): withdraw { $0.id == request.id }
        case .ended: withdraw { _ in true }
        case .invitation, .helper, .connected, .path, .candidates, .firstFrame, .paused, .resumed, .chat, .file, .forwarding, .clipboard,
            .contact:
            break
        }
    }

    /// The title is who they are by their key, not what they call themselves.
    private func show(_ event: SessionEventLine, _ id: UInt32, _ kind: Capability, to role: Role) {
        guard let session, let (question, warning) = event.question(for: role) else { return }
        asked.append((id, kind))
        desktop?.show(Self.requestBase + id, title: "\(session.contact)", question: question, addition: warning)
    }

    private func withdraw(_ isOver: ((id: UInt32, kind: Capability)) -> Bool) {
        for request in asked where isOver(request) { desktop?.withdraw(Self.requestBase + request.id) }
        asked.removeAll(where: isOver)
    }
}
