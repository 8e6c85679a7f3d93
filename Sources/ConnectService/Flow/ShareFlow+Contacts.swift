import Foundation
import NIOCore
public import Rendezvous
import Session

// An invitation that goes to contacts: nobody reads a code aloud, and who comes is known by their key.
extension ShareFlow {
    /// Whom the invitation is for.
    public struct Recipients: Sendable {
        /// An offer that the invitation is the answer to: whoever has that call passes it on.
        public struct OfferAnswer: Sendable {
            let offer: CallID
            let pass: @Sendable (Ring) -> Void

            init(offer: CallID, pass: @escaping @Sendable (Ring) -> Void) {
                self.offer = offer
                self.pass = pass
            }
        }

        /// Each is a connection and a bell.
        public static let limit = 8

        /// Where this person is rung, if they have no name yet.
        public var own: PersonAddress
        var identity: PersonIdentity
        public var contacts: [Contact]
        var message: String?
        var answers: OfferAnswer?

        public init(own: PersonAddress, identity: PersonIdentity, contacts: [Contact], message: String?, answers: OfferAnswer? = nil) {
            self.own = own
            self.identity = identity
            self.contacts = contacts
            self.message = message
            self.answers = answers
        }
    }

    /// Who comes must be one of those whom the invitation is for, by their key: why not, or nil.
    func introduced(_ name: String, _ fingerprint: String, _ person: PersonKey?) -> String? {
        guard let recipients = options.recipients else {
            printer.print(.helper(name: name, verified: .code, fingerprint: fingerprint))
            return nil
        }
        guard let contact = recipients.contacts.first(where: { $0.key == person }) else {
            return "Whoever has come has not proven to be one of those whom you rang. Nothing was shown."
        }
        printer.print(.helper(name: name, verified: .contact, fingerprint: contact.key.fingerprint))
        printer.note("It is \(contact.address).")
        return nil
    }

    /// What has become of ringing one of them.
    enum Ringing {
        case calling, rings, accepted, declined, unavailable

        /// What it is after that; nil where it says nothing new.
        func after(_ news: CallNews) -> Ringing? {
            switch self {
            case .declined, .unavailable: return nil
            case .calling, .rings, .accepted: break
            }
            switch news {
            case .ringing: return self == .accepted ? nil : .rings
            case .accepted: return .accepted
            case .declined: return .declined
            // Whoever has said yes comes by the invitation now, even where the line that it rang by is gone.
            case .unavailable, .ended: return self == .accepted ? nil : .unavailable
            case .asked, .invitation, .card: return nil  // no answers to a ring
            }
        }

        /// As it is told.
        var answer: ContactEvent.Answer? {
            switch self {
            case .calling: nil
            case .rings: .ringing
            case .accepted: .accepted
            case .declined: .declined
            case .unavailable: .unavailable
            }
        }
    }

    /// Seconds until nobody is waited for any more: a telephone does not ring longer, and the answer has to get here.
    private static let ringPatience = TimeAmount.seconds(75)

    /// Whether each is still who they were: another key for a name is said before anything is sent to anybody.
    func checkRecipients() async throws(FlowError) {
        guard let recipients = options.recipients, recipients.answers == nil else { return }
        let desk = ContactDesk(identity: recipients.identity, proxy: options.proxy, loop: loop)
        self.desk = desk
        options.recipients?.own = try await desk.own(recipients.own, in: ContactBookFile())
        for contact in recipients.contacts {
            let changed: ContactBook.Refusal?
            do throws(FlowError) { changed = try await desk.changedKey(of: contact) } catch {
                // It may be away for one of them; the others can be rung.
                printer.note(error.detail)
                continue
            }
            if let changed { throw FlowError(.error, "\(changed)") }
        }
    }

    /// Sends a new invitation to all of them, in place of one that is void.
    func ring(_ invitation: OwnedInvitation, for recipients: Recipients) {
        let ring = Ring(
            invitation, at: options.relay, from: recipients.own, message: recipients.message, about: recipients.answers?.offer)
        if let answers = recipients.answers { return answers.pass(ring) }
        stopRinging()
        for contact in recipients.contacts where rung[contact.address]?.state != .declined {
            rung[contact.address] = (nil, .calling)
            printer.print(.contact(.calling(.ring, to: "\(contact.address)")))
            Task { await self.ring(contact, with: ring) }
        }
        ringTimer = loop.assumeIsolated().scheduleTask(in: Self.ringPatience) {
            self.assumeIsolated { flow in
                guard flow.meeting == nil else { return }
                flow.finish(.timeout, "Nobody has answered.")
            }
        }
    }

    private func ring(_ contact: Contact, with ring: Ring) async {
        guard let desk, meeting == nil, !isOver else { return }
        let person = Person(name: contact.address.name, key: contact.key)
        do throws(FlowError) {
            let number = try await desk.call(person, at: contact.address.relay, .ring(ring)) { news in
                self.assumeIsolated { $0.heard(news, from: contact.address) }
            }
            guard meeting == nil, !isOver else { return await desk.hangUp(number, saying: .taken) }
            rung[contact.address]?.call = number
        } catch {
            printer.note(error.detail)
            heard(.unavailable, from: contact.address)
        }
    }

    private func heard(_ news: CallNews, from contact: PersonAddress) {
        guard meeting == nil, !isOver, let before = rung[contact]?.state else { return }
        guard let state = before.after(news) else { return }
        rung[contact]?.state = state
        if let answer = state.answer { printer.print(.contact(.answer(from: "\(contact)", answer))) }
        let states = rung.values.map(\.state)
        guard states.allSatisfy({ $0 == .declined || $0 == .unavailable }) else { return }
        if states.contains(.declined) { finish(.declined, "") } else { finish(.timeout, "Nobody of those whom you rang is available.") }
    }

    /// Somebody is here, or nobody is waited for any more: it rings nowhere any longer.
    func stopRinging(saying letter: AnswerLetter? = nil) {
        ringTimer?.cancel()
        guard let desk else { return }
        for (address, ringing) in rung {
            guard let number = ringing.call else { continue }
            desk.assumeIsolated { $0.hangUp(number, saying: letter) }
            rung[address]?.call = nil
        }
    }
}
