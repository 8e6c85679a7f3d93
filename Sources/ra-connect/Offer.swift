import ArgumentParser
import ConnectService
import Foundation
import Policy
import Rendezvous
import Session

/// `ra-connect offer`: help a contact who has not asked.
struct Offer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Offer help to a contact who has not asked.",
        discussion: """
            They are told who offers and for what, and nothing happens before their yes; the policy of their computer decides first who may \
            offer at all. Afterwards it is as with “ra-connect join”.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("To whom: the address, or the name alone where no other contact is called so.", valueName: "NAME@RELAY"))
    var contact: String

    @Flag(help: "Offer to see the screen, and never to take control.")
    var viewOnly = false

    @Option(help: ArgumentHelp("What they read with the offer.", valueName: "TEXT"))
    var message: String?

    @Option(help: "What the other side reads as your name in the session (default: your account's).")
    var name: String?

    @Flag(help: "Open no window.")
    var noViewer = false

    @Option(help: ArgumentHelp("Save the first complete picture.", valueName: "OUT.png"))
    var snapshot: String?

    func run() async throws {
        common.beginLog()
        let printer = EventPrinter(asJSON: common.json, role: .helper)
        let (identity, to) = try Contacts.orEnd { (try IdentityFile().loadOrMake(), try ContactBookFile().read().contact(named: contact)) }
        let own = try OwnAddress.find(name: nil, common, asks: false)
        let policy = try common.permitted(printer) { policy throws(PolicyRefusal) in
            try policy.permitMeeting(at: to.address.relay)
            return policy
        }
        var session = OfferFlow.Session(proxy: try common.proxyRule(), name: displayName(name), hasViewer: !noViewer, snapshot: snapshot)
        session.policy = policy
        let engine = ConnectEngine()
        let flow = OfferFlow(
            to: to, ceiling: viewOnly ? .view : .control, message: message, own: own, session: session, identity: identity, printer: printer,
            loop: engine.loop, pool: engine.pool)
        try await engine.run(flow, printer)
    }
}
