import ArgumentParser
import ConnectService
import Foundation
import Policy
import Rendezvous
import Session

/// `ra-connect join`: help the person who gave the invitation.
struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Help somebody: see the screen of who invited you.",
        discussion: """
            While it runs, type: request control|clipboard, release, type TEXT, key KEYSYM, click X Y [BUTTON], move X Y, say TEXT, copy TEXT, send FILE, yes, no, stop. \
            An invitation of Windows Remote Assistance (.MsRcIncident) is handed to FreeRDP, if that is installed.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The code, the link or the file that you were given.", valueName: "CODE|LINK|FILE"))
    var invitation: [String]

    @Option(help: "What the other side reads as your name (default: your account's).")
    var name: String?

    @Flag(help: "Open no window.")
    var noViewer = false

    @Option(help: ArgumentHelp("Save the first complete picture.", valueName: "OUT.png"))
    var snapshot: String?

    @Option(help: ArgumentHelp("Where to keep files that the other side sends (default: your download folder).", valueName: "DIR"))
    var downloads: String?

    @Option(
        help: ArgumentHelp(
            "A port of this computer that leads to a place at the other one, which was named there with “share --tcp”: the first of those when none is given. Can be given several times.",
            valueName: "LOCALPORT[=HOST:PORT]"))
    var tcp: [ForwardingWish] = []

    @Option(
        help: ArgumentHelp(
            "With an invitation of Windows: a port of this computer that leads to the other one's, which “join --tcp” of a session has opened.",
            valueName: "LOCALPORT"))
    var through: UInt16?

    func validate() throws {
        guard through != 0 else { throw ValidationError("With --through name the port that a session's --tcp has opened, 1 to 65535.") }
        guard Set(tcp.map(\.localPort)).count == tcp.count else { throw ValidationError("With --tcp each port of this computer leads to one place.") }
        let most = SessionLimits().atOnce
        guard tcp.count <= most else { throw ValidationError("Name \(most) ports with --tcp at most.") }
    }

    func run() async throws {
        common.beginLog()
        let argument = invitation.joined(separator: " ")
        let printer = EventPrinter(asJSON: common.json, role: .helper)
        if let incident = try IncidentArgument.read(argument) {
            let policy = try common.permitted(printer) { policy throws(PolicyRefusal) in
                try policy.permitOldInvitation()
                return policy
            }
            let join = IncidentJoin(file: incident, tunnel: through, asJSON: common.json, isLogged: policy.logsSessions ?? true)
            throw ArgumentParser.ExitCode(try await join.run().rawValue)
        }
        guard through == nil else { throw ValidationError("--through is for an invitation of Windows Remote Assistance (.MsRcIncident).") }
        let invitation = try InvitationArgument.read(argument)
        let relay = try common.relayURL(invitation: invitation.relay)
        let policy = try common.permitted(printer) { policy throws(PolicyRefusal) in
            try policy.permitMeeting(at: relay)
            try policy.permitLending(tcp.compactMap { $0.destination?.description })
            return policy
        }
        var options = JoinFlow.Options(
            relay: relay, proxy: try common.proxyRule(), invitation: invitation, name: displayName(name),
            hasViewer: !noViewer, snapshot: snapshot)
        options.downloads = downloads
        options.rules = SideRules(policy)
        options.wishes = tcp
        options.newContact = OwnAddress.newContact(at: relay, proxy: options.proxy, under: policy)
        options.borrowable = policy.tcp?.compactMap { Destination($0) }
        options.isLogged = policy.logsSessions ?? true
        let engine = ConnectEngine()
        let flow = JoinFlow(options, printer: printer, loop: engine.loop, pool: engine.pool)
        do { try await flow.openPorts() } catch { throw ValidationError(error.description) }
        engine.watch(line: { await flow.perform(line: $0) }, stop: { await flow.stop() })
        let code = await flow.run()
        await engine.shutDown()
        printer.flush()
        throw ArgumentParser.ExitCode(code.rawValue)
    }
}
