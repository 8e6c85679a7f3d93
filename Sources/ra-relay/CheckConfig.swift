import ArgumentParser
import Foundation
import RelayService

/// `ra-relay check-config FILE.toml`: says what is wrong with a file, before a relay is started with it.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration file.",
        discussion: "Every mistake is a line on standard error: the file, the line in it, the key and the reason. Exit code 2. "
            + "What may be meant, but seldom is, is a note. Root is also told what the user ra-relay cannot read.")

    @Argument(help: ArgumentHelp("The file to check.", valueName: "FILE.toml"))
    var file: String

    func run() throws {
        do throws(ConfigurationError) {
            let text = try TextFile.read(file)
            let notes: [String]
            do throws(ConfigurationError) { notes = try check(text) } catch { throw error.of(file: file) }
            for note in notes { print("\(file): note: \(note)") }
            print("\(file): good")
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(2)
        }
    }

    /// As whoever runs it; then, for root, as the service's user too.
    private func check(_ text: String) throws(ConfigurationError) -> [String] {
        let notes = try ConfigurationFile.check(text)
        guard ServiceAccount.become() else { return notes }
        do throws(ConfigurationError) { _ = try ConfigurationFile.check(try TextFile.read(file)) } catch {
            throw ConfigurationError("\(error) Root can read it; the user \(ServiceAccount.name), as whom the service runs, cannot.")
        }
        return notes
    }
}
