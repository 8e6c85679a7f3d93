import ArgumentParser
import ConnectService
import Foundation
import Glibc
import ProgramSupport
import Rendezvous
import Session

/// `ra-connect share`: invite somebody to see this screen.
struct Share: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Get help: invite somebody to see your screen.",
        discussion: "While it runs, type: yes, no, pause, resume, revoke control, say TEXT, stop.")

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Save the invitation to this file as well.", valueName: "OUT.rainvite"))
    var file: String?

    @Option(
        help: ArgumentHelp("How long the invitation is good: 10m, 1h, 2d (default: 1h).", valueName: "TIME"),
        transform: timeArgument)
    var expires: Duration = .seconds(3600)

    @Flag(help: "The helper can never be given control.")
    var viewOnly = false

    @Option(help: "What the helper reads as your name (default: your account's).")
    var name: String?

    @Option(help: ArgumentHelp("The display to share (default: $DISPLAY).", valueName: ":0"))
    var display: String?

    func run() async throws {
        common.beginLog()
        guard common.json || fcntl(STDIN_FILENO, F_GETFD) != -1 else {
            throw ValidationError("Nobody can answer here: run this in a terminal, or use --json and standard input.")
        }
        let relay = try common.relayURL()
        let printer = EventPrinter(asJSON: common.json, role: .sharer)
        let engine = ConnectEngine()
        let flow = ShareFlow(
            ShareFlow.Options(
                relay: relay, proxy: try common.proxyRule(), name: displayName(name),
                lifetime: Int(expires.components.seconds), ceiling: viewOnly ? .view : .control, display: display, file: file),
            printer: printer, loop: engine.loop, pool: engine.pool)
        engine.watch(line: { await flow.perform(line: $0) }, stop: { await flow.stop() })
        let code = await flow.run()
        await engine.shutDown()
        printer.flush()
        throw ArgumentParser.ExitCode(code.rawValue)
    }
}
