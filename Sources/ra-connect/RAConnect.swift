import ArgumentParser
import ProgramSupport

/// `ra-connect`: get help, or help somebody.
@main
struct RAConnect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ra-connect",
        abstract: "Remote assistance: show your screen to somebody who helps you, or help somebody.",
        discussion: """
            Without arguments, in a terminal, it asks what you want, step by step.
            To get help, run “ra-connect share --relay URL” and read the code that it shows to your helper.
            To help, run “ra-connect join CODE --relay URL”.
            Nothing is shown before you say yes, and nobody types before you say yes a second time.
            """,
        version: "0.1.0",
        subcommands: [Share.self, Join.self, Offer.self, Listen.self, Show.self, Invitations.self, Contacts.self, History.self, PolicyCommand.self])

    static func main() async {
        let given = Array(CommandLine.arguments.dropFirst())
        await runAsProgram(given.isEmpty && GuidedTerminal.isThere ? GuidedTerminal.arguments() : given)
    }
}
