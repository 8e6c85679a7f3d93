import Foundation
import NIOCore
import Policy
import Rendezvous
import Session

// What runs after a yes: a session as helper, one as sharer, or another contact in the book.
extension ListenFlow {
    /// The contact who rings is helped.
    func help(_ ring: Ring, _ entry: IncomingCalls.Entry) {
        answer(entry.call, .accepted)
        var join = JoinFlow.Options(
            relay: ring.relay, proxy: options.proxy, invitation: ring.invitation, name: options.name, hasViewer: options.hasViewer)
        join.rules = SideRules(options.policy)
        join.isLogged = options.policy.logsSessions ?? true
        join.person = identity
        join.contact = book.contact(with: entry.caller)
        let printer = sessionPrinter(for: .helper)
        run(JoinFlow(join, printer: printer, loop: loop, pool: pool), telling: printer, for: entry.call)
    }

    /// The contact who offers is let in: by an invitation that goes back to them as the answer.
    func share(_ offer: Offer, _ entry: IncomingCalls.Entry) {
        guard let contact = book.contact(with: entry.caller), let ceiling = ceiling(of: offer, by: contact) else { return hangUp(entry.call) }
        answer(entry.call, .accepted)
        var share = ShareFlow.Options(
            relay: options.own.relay, proxy: options.proxy, name: options.name, lifetime: Self.offerLifetime, ceiling: ceiling,
            display: options.display)
        share.notice = ConsentNotice(
            warningBeforeView: options.policy.warningBeforeView, warningBeforeControl: options.policy.warningBeforeControl)
        share.notice.verified = .contact
        share.rules = SideRules(options.policy)
        share.isLogged = options.policy.logsSessions ?? true
        share.recipients = ShareFlow.Recipients(
            own: options.own, identity: identity, contacts: [contact], message: nil,
            answers: ShareFlow.Recipients.OfferAnswer(offer: offer.id) { ring in
                self.loop.execute { self.assumeIsolated { $0.answer(entry.call, .invitation(ring)) } }
            })
        let printer = sessionPrinter(for: .sharer)
        run(ShareFlow(share, printer: printer, loop: loop, pool: pool), telling: printer, for: entry.call)
    }

    /// Seconds for which whoever offers may come: their program is waiting.
    private static let offerLifetime = 120

    /// Somebody becomes a contact, when their relay says that the name is theirs.
    func accept(_ request: ContactRequest, _ entry: IncomingCalls.Entry) async {
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

    private func run(_ flow: some AssistanceFlow, telling printer: EventPrinter, for call: CallID) {
        let others = calls.removeAll()
        session = (
            flow, call,
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
