public import ArgumentParser
public import ConnectService
import Foundation
public import Mail
import Policy
import Rendezvous
import Session

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The relay (default: the invitation's, $RA_RELAY, or the configuration's).", valueName: "URL"))
    var relay: String?

    @Option(
        help: ArgumentHelp(
            "An HTTP proxy to try as well: http://[NAME:PASSWORD@]HOST:PORT; “none” for none (default: the configuration's, or that of $https_proxy).",
            valueName: "URL"))
    var proxy: String?

    @Flag(help: "Tell what happens as JSON, one object a line.")
    var json = false

    @Option(help: ArgumentHelp("The configuration (default: ~/.config/ra-connect/config.toml).", valueName: "FILE"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Show more of what happens, on standard error, for a report of a problem: info, or trace, debug, notice, warning, error (default: nothing).",
            valueName: "LEVEL"))
    var logLevel: ClientLog.Level?

    /// Before anything is tried.
    func beginLog() {
        if let logLevel { ClientLog.write(from: logLevel) }
    }

    /// The relay from the command line, else from the invitation, else from the environment, else from the configuration.
    func relayURL(invitation: RelayURL? = nil) throws -> RelayURL {
        do {
            return try RelayChoice.url(given: relay, invitation: invitation, configuration: config)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Asks the policy in force; a refusal is told as the end of the session, and exits with 5.
    func permitted<Permit>(
        _ printer: EventPrinter, _ decide: (Policy) throws(PolicyRefusal) -> Permit
    ) throws -> Permit {
        do {
            return try decide(MachinePolicy().load(configuration: config).policy)
        } catch let refusal as PolicyRefusal {
            printer.refuse(refusal)
            throw ArgumentParser.ExitCode(Session.ExitCode.policy.rawValue)
        } catch let invalid as ClientConfiguration.Invalid {
            throw ValidationError(invalid.description)
        }
    }

    /// The proxy, from the command line, else from the configuration, else from the environment.
    func proxyRule() throws -> ProxyRule? {
        do {
            return try ProxyChoice.rule(given: proxy, configuration: config)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

/// The name that the other side reads: what was given, else the account's.
func displayName(_ given: String?) -> String {
    if let given, !given.isEmpty { return given }
    let full = NSFullUserName()
    return full.isEmpty ? NSUserName() : full
}

extension ClientLog.Level: ExpressibleByArgument {}

extension MailLanguage: ExpressibleByArgument {}
