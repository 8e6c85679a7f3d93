import Foundation
import NIOCore
import Policy
import Rendezvous
import Session

// What runs after a yes: a session as helper, one as sharer, or another contact in the book.
extension ListenFlow {
    /// The contact who rings is helped.
    func help(_ ring: Ring, _ entry: IncomingCalls.Entry) {
        // Who was removed or blocked since it began to ring is no contact any more.
        lookAtBook()
        guard let contact = unblocked(entry.caller), let policy = currentPolicy(), permits(ring.relay) else { return refuse(entry) }
        answer(entry.call, .accepted)
        var join = JoinFlow.Options(
            relay: ring.relay, proxy: options.proxy, invitation: ring.invitation, name: options.name, hasViewer: options.hasViewer)
        join.rules = SideRules(policy)
        join.isLogged = policy.logsSessions ?? true
        join.person = identity
        join.contact = contact
        let printer = sessionPrinter(for: .helper)
        run(JoinFlow(join, printer: printer, loop: loop, pool: pool), with: contact.address, telling: printer, for: entry.call)
    }

    /// The contact who offers is let in: by an invitation that goes back to them as the answer.
    func share(_ offer: Offer, _ entry: IncomingCalls.Entry) {
        lookAtBook()
        guard let contact = unblocked(entry.caller), let policy = currentPolicy(), let ceiling = ceiling(of: offer, by: contact)
        else { return refuse(entry) }
        answer(entry.call, .accepted)
        var share = ShareFlow.Options(
            relay: options.own.relay, proxy: options.proxy, name: options.name, lifetime: Self.offerLifetime, ceiling: ceiling,
            display: options.display)
        share.notice = ConsentNotice(
            warningBeforeView: policy.warningBeforeView, warningBeforeControl: policy.warningBeforeControl)
        share.notice.verified = .contact
        share.rules = SideRules(policy)
        share.isLogged = policy.logsSessions ?? true
        share.recipients = ShareFlow.Recipients(
            own: options.own, identity: identity, contacts: [contact], message: nil,
            answers: ShareFlow.Recipients.OfferAnswer(offer: offer.id) { ring in
                self.loop.execute { self.assumeIsolated { $0.answer(entry.call, .invitation(ring)) } }
            })
        let printer = sessionPrinter(for: .sharer)
        run(ShareFlow(share, printer: printer, loop: loop, pool: pool), with: contact.address, telling: printer, for: entry.call)
    }

    /// Seconds for which whoever offers may come: their program is waiting.
    private static let offerLifetime = 120

    /// The yes came too late; the caller is told no more than that nobody is there.
    private func refuse(_ entry: IncomingCalls.Entry) {
        hangUp(entry.call)
        printer.complain("Nothing was begun: \(entry.letter.from) is no contact whom you let do that any more, or the policy forbids it now.")
    }

    /// The policy in force; nil where there is none to rely upon, which is said.
    private func currentPolicy() -> Policy? {
        do throws(PolicyRefusal) { return try policy() } catch {
            printer.note("\(error)")
            return nil
        }
    }

    /// Somebody asks by the name of a contact, with another key. Anybody can: it is worth an alarm only where the contact's relay says as
    /// well that the name has another key now.
    func checkKey(of contact: Contact) async {
        guard !isCheckingKey, permits(contact.address.relay) else { return }
        isCheckingKey = true
        defer { isCheckingKey = false }
        let desk = ContactDesk(identity: identity, proxy: options.proxy, loop: loop)
        // A relay that does not answer says nothing of anybody's key.
        if let changed = try? await desk.changedKey(of: contact), !isOver { printer.complain("\(changed)") }
        await desk.close()
    }

    /// Somebody becomes a contact, when their relay says that the name is theirs.
    func accept(_ request: ContactRequest, _ entry: IncomingCalls.Entry) async {
        lookAtBook()
        guard permits(request.from.relay), !book.isBlocked(request.from), !book.isBlocked(entry.caller) else { return refuse(entry) }
        let desk = ContactDesk(identity: identity, proxy: options.proxy, loop: loop)
        do {
            guard try await desk.look(up: request.from) == entry.caller else {
                await desk.close()
                hangUp(entry.call)
                return printer.complain("The relay says that \(request.from) is somebody else. Nothing was written down.")
            }
            let contact = Contact(address: request.from, key: entry.caller, since: .now())
            try file.change { try $0.add(contact) }
            take(try file.read())
            answer(entry.call, .card(options.own))
            printer.print(.contact(.added("\(contact.address)", fingerprint: contact.key.fingerprint)))
        } catch {
            hangUp(entry.call)
            printer.complain((error as? FlowError)?.detail ?? "\(error)")
        }
        await desk.close()
    }

    private func run(_ flow: some AssistanceFlow, with contact: PersonAddress, telling printer: EventPrinter, for call: CallID) {
        let others = calls.removeAll()
        session = (
            flow, call, contact,
            Task {
                _ = await flow.run()
                printer.flush()
                ended(call)
            }
        )
        for entry in others {
            hangUp(entry.call)
            over(entry, .busy)
        }
    }

    private func ended(_ call: CallID) {
        session = nil
        hangUp(call)
        guard !isOver else { return }
        printer.note("You can be rung again, as \(options.own).")
    }
}
