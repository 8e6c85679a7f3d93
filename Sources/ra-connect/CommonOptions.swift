import ArgumentParser
import ConnectService
import Foundation
import Rendezvous

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The relay (default: the invitation's, $RA_RELAY, or the configuration's).", valueName: "URL"))
    var relay: String?

    @Flag(help: "Tell what happens as JSON, one object a line.")
    var json = false

    @Option(help: ArgumentHelp("The configuration (default: ~/.config/ra-connect/config.toml).", valueName: "FILE"))
    var config: String?

    /// The relay from the command line, else from the invitation, else from the environment, else from the configuration.
    func relayURL(invitation: RelayURL? = nil) throws -> RelayURL {
        if let relay { return try parse(relay) }
        if let invitation { return invitation }
        if let text = ProcessInfo.processInfo.environment["RA_RELAY"], !text.isEmpty { return try parse(text) }
        do {
            if let text = try ClientConfiguration.load(config).relay { return try parse(text) }
        } catch let error as ClientConfiguration.Invalid {
            throw ValidationError(error.description)
        }
        throw ValidationError("Which relay? Give --relay URL, or set RA_RELAY. Whoever runs the relay knows its URL.")
    }

    private func parse(_ text: String) throws -> RelayURL {
        guard let url = RelayURL(asWritten: text) else { throw ValidationError(RelayURL.howToWrite(text)) }
        return url
    }
}

/// The name that the other side reads: what was given, else the account's.
func displayName(_ given: String?) -> String {
    if let given, !given.isEmpty { return given }
    let full = NSFullUserName()
    return full.isEmpty ? NSUserName() : full
}
