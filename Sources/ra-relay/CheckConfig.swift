import ArgumentParser
import Foundation
import RelayService

/// `ra-relay check-config FILE.toml`: says what is wrong with a file, before a relay is started with it.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration file.",
        discussion: "Every mistake is a line on standard error: the file, the line in it, the key and the reason. Exit code 2.")

    @Argument(help: ArgumentHelp("The file to check.", valueName: "FILE.toml"))
    var file: String

    func run() throws {
        do {
            try ConfigurationFile.check(TextFile.read(file))
            print("\(file): good")
        } catch {
            let mistakes = (error as? ConfigurationError)?.mistakes ?? ["\(error)"]
            FileHandle.standardError.write(Data((mistakes.map { "\(file): \($0)\n" }.joined()).utf8))
            throw ExitCode(2)
        }
    }
}
