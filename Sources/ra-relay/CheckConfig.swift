import ArgumentParser
import RelayService

/// `ra-relay check-config FILE.toml`: says what is wrong with a file, before a relay is started with it.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check a configuration file.")

    @Argument(help: ArgumentHelp("The file to check.", valueName: "FILE.toml"))
    var file: String

    func run() throws {
        do {
            _ = try ConfigurationFile.parse(TextFile.read(file))
            print("\(file): good")
        } catch {
            throw ValidationError("\(file): \(error)")
        }
    }
}
