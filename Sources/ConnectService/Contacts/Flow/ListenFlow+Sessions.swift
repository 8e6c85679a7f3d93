import Foundation
import HostNetwork
import NIOCore
import NetPrimitives
import Policy
import Rendezvous
import Session

// What runs after a yes: a session as helper, one as sharer, or another contact in the book.
extension ListenFlow {
    /// The contact who rings is helped.
    func help(_ ring: Ring, _ entry: IncomingCalls.Entry) {
        // Who was removed or blocked since it began to ring is no contact any more.
        lookAtBook()
        guard let contact = unblocked(entry.caller), let policy = currentPolicy(), permits(ring.relay, policy) else { return refuse(entry) }
        answer(entry.call, .accepted)
        var join = JoinFlow.Options(
            relay: ring.relay, proxy: options.proxy, invitation: ring.invitation, name: options.name, hasViewer: options.hasViewer)
        join.rules = SideRules(policy)
        join.isLogged = policy.logsSessions ?? true
        join.person = identity
        join.contact = contact
        let printer = sessionPrinter(for: .helper)
        run(JoinFlow(join, printer: printer, loop: loop, pool: pool), as: .helper, with: contact.address, telling: printer, for: entry.call)
    }

    /// The contact who offers is let in: by an invitation that goes back to them as the answer.
    func share(_ offer: Offer, _ entry: IncomingCalls.Entry) {
        lookAtBook()
        guard let contact = unblocked(entry.caller), let policy = currentPolicy(), permits(options.own.relay, policy),
            let ceiling = ceiling(of: offer, by: contact, under: policy)
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
        run(ShareFlow(share, printer: printer, loop: loop, pool: pool), as: .sharer, with: contact.address, telling: printer, for: entry.call)
    }

    /// Seconds for which whoever offers may come: their program is waiting.
    private static let offerLifetime = 120

    /// The yes came too late; the caller is told no more than that nobody is there.
    private func refuse(_ entry: IncomingCalls.Entry) {
        hangUp(entry.call)
        printer.complain("Nothing was begun: \(entry.letter.from) is no contact whom you let do that any more, or the policy forbids it now.")
    }

    /// Somebody asks by the name of a contact, with another key. Anybody can: it is worth an alarm only where the contact's relay says as
    /// well that the name has another key now.
    func checkKey(of contact: Contact) async {
        guard !isCheckingKey, let policy = currentPolicy(), permits(contact.address.relay, policy) else { return }
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
        guard let policy = currentPolicy(), permits(request.from.relay, policy), !book.isBlocked(request.from),
            !book.isBlocked(entry.caller)
        else { return refuse(entry) }
        let desk = ContactDesk(identity: identity, proxy: options.proxy, loop: loop)
        do {
            guard try await desk.look(up: request.from) == entry.caller else {
                await desk.close()
                hangUp(entry.call)
                return printer.complain("The relay says that \(request.from) is somebody else. Nothing was written down.")
            }
            let contact = Contact(address: request.from, key: entry.caller, since: .now())
            // The relay has been waited for: who was blocked meanwhile stays so.
            let isAdded = try file.change { try $0.addUnlessBlocked(contact) }
            take(try file.read())
            guard isAdded else {
                await desk.close()
                return refuse(entry)
            }
            answer(entry.call, .card(options.own))
            printer.print(.contact(.added("\(contact.address)", fingerprint: contact.key.fingerprint)))
        } catch {
            hangUp(entry.call)
            printer.complain((error as? FlowError)?.detail ?? "\(error)")
        }
        await desk.close()
    }

    private func run(
        _ flow: some AssistanceFlow, as role: Role, with contact: PersonAddress, telling printer: EventPrinter, for call: CallID
    ) {
        let (others, now) = (calls.removeAll(), MonotonicClock.now())
        if !others.isEmpty { callOver = now }
        answers = SessionAnswers(isPerson: !printer.isForPrograms, lastCall: calls.lastNumber, callOver: callOver, at: now)
        session = (
            flow, role, call, contact,
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
        (session, answers) = (nil, nil)
        sessionEnded = MonotonicClock.now()
        withdrawQuestions()
        hangUp(call)
        guard !isOver else { return }
        printer.note("You can be rung again, as \(options.own).")
    }
}
