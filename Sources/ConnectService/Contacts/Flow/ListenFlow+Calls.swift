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
        // Who was blocked a moment ago in another terminal is, and what was forbidden a moment ago as well.
        lookAtBook()
        let (contact, policy) = (unblocked(caller), currentPolicy())
        guard let policy, permits(options.own.relay, policy) else { return letter.kind == .request ? () : hangUp(call) }
        let most: Rendezvous.Ceiling?
        switch letter {
        case .ring(let ring):
            guard contact != nil, permits(ring.relay, policy) else { return hangUp(call) }
            most = ring.ceiling
        case .offer(let offer):
            most = contact.flatMap { ceiling(of: offer, by: $0, under: policy) }
            guard most != nil else { return hangUp(call) }
        case .request(let request):
            // To be asked again and again by somebody who is blocked is what blocking is against: nothing is said, and nothing hung up.
            guard !book.isBlocked(request.from), !book.isBlocked(caller) else { return }
            if let known = book.contact(at: request.from), known.key != caller {
                Task { await self.checkKey(of: known) }
                return
            }
            most = nil
        }
        guard let entry = calls.add(call, from: caller, letter, at: now) else { return hangUp(call) }
        if letter.kind != .request { answer(call, .ringing) }
        let (name, fingerprint, message) = (name(entry), caller.fingerprint, letter.message)
        printer.print(
            .contact(
                .call(id: entry.number, letter.kind.told, from: name, fingerprint: fingerprint, ceiling: most?.rawValue, message: message)))
        let notice = CallNotice(letter.kind, from: name, fingerprint: fingerprint, ceiling: most, message: message)
        show(entry.number, title: notice.title, question: notice.question, addition: notice.message)
        watchCalls()
    }

    func hungUp(_ call: CallID, _ letter: AnswerLetter?) {
        let now = MonotonicClock.now()
        guard let entry = calls.remove(call, at: now) else { return }
        callOver = now
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
        withdraw(entry.number)
        printer.print(.contact(.callEnded(id: entry.number, from: name(entry), end)))
        watchCalls()
        // What was said to the caller just now is to be said first.
        loop.execute { self.assumeIsolated { $0.followWhenSilent() } }
    }

    private func watchCalls() {
        callTimer?.cancel()
        callTimer = calls.nextDeadline.map { deadline in
            loop.assumeIsolated().scheduleTask(in: .until(deadline, from: MonotonicClock.now())) {
                self.assumeIsolated { flow in
                    let now = MonotonicClock.now()
                    for entry in flow.calls.expire(at: now) {
                        flow.callOver = now
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

    /// The policy in force; nil where there is none to rely upon, which is said.
    func currentPolicy() -> Policy? {
        do throws(PolicyRefusal) { return try policy() } catch {
            printer.note("\(error)")
            return nil
        }
    }

    /// Whether the policy lets people meet there; where it does not that is said here, and to nobody else.
    func permits(_ relay: RelayURL, _ policy: Policy) -> Bool {
        do throws(PolicyRefusal) {
            try policy.permitMeeting(at: relay)
            return true
        } catch {
            printer.note("\(error)")
            return false
        }
    }

    /// The most that an offer can come to; nil when policy or person do not let it be made.
    func ceiling(of offer: Offer, by contact: Contact, under policy: Policy) -> Rendezvous.Ceiling? {
        let wish = OfferWish(
            address: contact.address, key: contact.key, groups: AccountGroups.names(of: contact.address.name.text), ceiling: offer.ceiling)
        do throws(PolicyRefusal) {
            let permitted = try policy.permitOffer(wish)
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
}
