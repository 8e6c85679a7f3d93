import ArgumentParser
import Foundation
import ProgramSupport
import RelayService

/// `ra-relay credentials mint`: time-limited TURN credentials for a program that is no client of ours.
struct Credentials: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make TURN credentials.", subcommands: [Mint.self])

    struct Mint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user name and a password that expire.",
            discussion: "They are good at every relay that has the same secret. Printed as JSON.")

        @Option(help: ArgumentHelp("Whose they are; quotas count by this name.", valueName: "NAME"))
        var user: String

        @Option(
            help: ArgumentHelp("How long they are good: 30m, 1h, 2d (default: 1h).", valueName: "TIME"),
            transform: timeArgument)
        var ttl: Duration = .seconds(3600)

        @Option(help: ArgumentHelp("The relay's state directory, which holds the secret.", valueName: "DIR"))
        var state: String?

        @Option(help: ArgumentHelp("The relay's configuration file.", valueName: "FILE.toml"))
        var config: String?

        func run() throws {
            do {
                let settings = try config.map { try ConfigurationFile.parse(TextFile.read($0)) } ?? ServeConfiguration()
                let minted = try CredentialMint(configuration: settings, state: state)
                    .mint(user: user, seconds: Int(ttl.components.seconds), now: Date())
                print(minted)
            } catch {
                throw ValidationError("\(error)")
            }
        }
    }
}
