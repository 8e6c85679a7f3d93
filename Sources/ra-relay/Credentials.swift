import ArgumentParser
import Foundation
import RelayService

/// `ra-relay credentials mint`: time-limited TURN credentials for a program that is no client of ours.
struct Credentials: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make TURN credentials.", subcommands: [Mint.self])

    struct Mint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user name and a password that expire.",
            discussion: "They are good at every relay that has the same secret. Printed as JSON.")

        @Option(help: ArgumentHelp("Whose they are; appears in the relay's log.", valueName: "NAME"))
        var user: String

        @Option(help: ArgumentHelp("How long they are good: 30m, 1h, 2d.", valueName: "TIME"))
        var ttl: Lifetime = Lifetime(seconds: 3600)

        @Option(help: ArgumentHelp("The relay's state directory, which holds the secret.", valueName: "DIR"))
        var state: String?

        @Option(help: ArgumentHelp("The relay's configuration file.", valueName: "FILE.toml"))
        var config: String?

        func run() throws {
            do {
                let settings = try config.map { try ConfigurationFile.parse(TextFile.read($0)) } ?? ServeConfiguration()
                let minted = try CredentialMint(configuration: settings, state: state)
                    .mint(user: user, seconds: ttl.seconds, now: Date())
                print(minted)
            } catch {
                throw ValidationError("\(error)")
            }
        }
    }
}

/// A time as people write it: `90s`, `30m`, `1h`, `2d`.
struct Lifetime: ExpressibleByArgument, CustomStringConvertible {
    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        guard let unit = argument.last, let factor = ["s": 1, "m": 60, "h": 3600, "d": 86_400][unit],
            let count = Int(argument.dropLast()), (1...36_500).contains(count)
        else { return nil }
        seconds = count * factor
    }

    var description: String {
        switch seconds {
        case let seconds where seconds.isMultiple(of: 3600): "\(seconds / 3600)h"
        case let seconds where seconds.isMultiple(of: 60): "\(seconds / 60)m"
        default: "\(seconds)s"
        }
    }
}
