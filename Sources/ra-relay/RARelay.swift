import ArgumentParser
import ProgramSupport
import RelayService

/// `ra-relay`: STUN, TURN and the rendezvous, for a public host.
@main
struct RARelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ra-relay",
        abstract: "The relay of remote assistance: STUN and TURN, and the place where invitations meet.",
        discussion: "`ra-relay serve` with no options works. What it prints when it is ready is what clients pass as --relay.",
        version: RelayVersion.current,
        subcommands: [Serve.self, Status.self, CheckConfig.self, Credentials.self, BanCommand.self, PeopleCommand.self])

    static func main() async { await runAsProgram() }
}
