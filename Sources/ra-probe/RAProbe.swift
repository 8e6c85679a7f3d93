public import ArgumentParser
public import ConnectService
import Foundation
import Glibc
import ProgramSupport
import Rendezvous

/// `ra-probe`: which ports get out to the relay, and what is in between.
@main
struct RAProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ra-probe",
        abstract: "Find out which ports get out to the relay, what the router does, and what to change.",
        discussion: """
            ra-probe 3389 1863 --relay http://relay.example.org:3478
            Exit codes: 0 every given port gets out (without a suffix TCP decides and UDP is shown), 1 some do not,
            2 wrong usage, 3 the relay answers on no port.
            """,
        version: "0.1.0")

    @Argument(
        help: ArgumentHelp("What to check (default: the ports that the relay names).", valueName: "PORT[/udp|/tcp]"),
        transform: port)
    var ports: [PortArgument] = []

    @Option(help: ArgumentHelp("The relay (default: $RA_RELAY, or that of ra-connect's configuration).", valueName: "URL"))
    var relay: String?

    @Option(
        help: ArgumentHelp(
            "An HTTP proxy to try as well: http://[NAME:PASSWORD@]HOST:PORT; “none” for none (default: that of ra-connect's configuration, or of $https_proxy).",
            valueName: "URL"))
    var proxy: String?

    @Flag(help: "Write the report as one JSON object.")
    var json = false

    @Flag(help: "Find out as well how long the router keeps a UDP port open that nobody uses: takes up to ten minutes.")
    var bindingLifetime = false

    @Option(help: ArgumentHelp("How long it may take in all: 15s, 1m.", valueName: "TIME"))
    var timeout = ProbeTimeout(duration: .seconds(15))

    @Option(
        help: ArgumentHelp(
            "Show more of what happens, on standard error, for a report of a problem: info, or trace, debug, notice, warning, error (default: nothing).",
            valueName: "LEVEL"))
    var logLevel: ClientLog.Level?

    /// Kept to the end of the process: a name that is still being looked up would hold up an orderly end.
    private static let engine = ConnectEngine()

    func validate() throws {
        guard ports.count <= PortArgument.limit else {
            throw ValidationError("At most \(PortArgument.limit) ports at once.")
        }
    }

    func run() async throws {
        if let logLevel { ClientLog.write(from: logLevel) }
        let relay: RelayURL
        do { relay = try RelayChoice.url(given: self.relay) } catch { throw ValidationError(error.description) }
        let proxy: ProxyRule?
        do { proxy = try ProxyChoice.rule(given: self.proxy) } catch { throw ValidationError(error.description) }
        let progress = ProbeProgress()
        let prober = Prober(
            Prober.Options(
                relay: relay, proxy: proxy, ports: ports, timeout: timeout.duration, measuresBindingLifetime: bindingLifetime),
            progress: progress, loop: Self.engine.loop, pool: Self.engine.pool)
        let line = isatty(STDERR_FILENO) == 1 && !json ? ProgressLine(progress) : nil
        let probing = Task { await prober.run() }
        ProbeInterruption.handle { probing.cancel() }
        let report = await probing.value
        await line?.end()
        // As a shell reports a process that SIGINT has ended.
        if probing.isCancelled { throw ExitCode(128 + SIGINT) }
        print(json ? report.json : report.text(inColour: Self.hasColour))
        throw ExitCode(report.exitCode.rawValue)
    }

    static func main() async { await runAsProgram() }

    @Sendable private static func port(_ text: String) throws -> PortArgument {
        guard let port = PortArgument(text) else {
            throw ValidationError("“\(text)” is not a port: write 3389, 3389/tcp or 3389/udp.")
        }
        return port
    }

    /// On a terminal that has them, unless the person wants none (no-color.org).
    private static var hasColour: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDOUT_FILENO) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }
}

extension ClientLog.Level: ExpressibleByArgument {}
