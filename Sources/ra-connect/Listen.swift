import ArgumentParser
import ConnectService
import Foundation
import Policy
import Rendezvous
import Session

/// `ra-connect listen`: be there for contacts.
struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Be there for your contacts: they can ring you, and offer to help you.",
        discussion: """
            While it runs, type: yes [ID], no [ID], stop. Who rings is shown on the desktop as well. As a service of your account: \
            “systemctl --user enable --now ra-connect-listen”.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "By which name others ring you (default: the one that you have, else your account's).")
    var name: String?

    @Option(help: ArgumentHelp("What the other side reads as your name in a session (default: your account's).", valueName: "NAME"))
    var displayName: String?

    @Flag(help: "Open no window when you help.")
    var noViewer = false

    @Option(help: ArgumentHelp("The display to share when you are helped (default: $DISPLAY).", valueName: ":0"))
    var display: String?

    @Flag(help: "Let nobody ask to become a contact of yours.")
    var noRequests = false

    func run() async throws {
        common.beginLog()
        let own = try OwnAddress.find(name: name, common, asks: true)
        let printer = EventPrinter(asJSON: common.json, role: .helper)
        try common.permitted(printer) { policy throws(PolicyRefusal) in try policy.permitMeeting(at: own.relay) }
        let policy = { @Sendable [config = common.config] in try MachinePolicy().load(configuration: config).policy }
        let identity = try Contacts.orEnd { try IdentityFile().loadOrMake() }
        var options = ListenFlow.Options(
            own: own, proxy: try common.proxyRule(), name: ra_connect.displayName(displayName), policy: policy)
        options.hasViewer = !noViewer
        options.display = display
        options.takesRequests = !noRequests
        let engine = ConnectEngine()
        let flow = ListenFlow(options, identity: identity, printer: printer, loop: engine.loop, pool: engine.pool)
        try await engine.run(flow, printer)
    }
}

extension ConnectEngine {
    /// Runs a flow to its end, with the person's lines and Ctrl-C, and ends the program as it has ended.
    func run(_ flow: some AssistanceFlow, _ printer: EventPrinter) async throws {
        watch(line: { await flow.perform(line: $0) }, stop: { await flow.stop() })
        let code = await flow.run()
        await shutDown()
        printer.flush()
        throw ArgumentParser.ExitCode(code.rawValue)
    }
}
