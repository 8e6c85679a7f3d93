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

        @Option(help: ArgumentHelp("The relay's state directory, or its fleet's postgres://…, which holds the secret.", valueName: "DIR|URL"))
        var state: String?

        @Option(help: ArgumentHelp("The relay's configuration file.", valueName: "FILE.toml"))
        var config: String?

        func validate() throws {
            guard !user.isEmpty else { throw ValidationError("--user: say whose they are.") }
        }

        func run() throws {
            do {
                let mint = try CredentialMint(configuration: TextFile.configuration(config), state: state)
                if let doubt = mint.doubt() { FileHandle.standardError.write(Data("warning: \(doubt)\n".utf8)) }
                print(try mint.mint(user: user, seconds: Int(ttl.components.seconds), now: Date()))
            } catch {
                throw ValidationError("\(error)")
            }
        }
    }
}
