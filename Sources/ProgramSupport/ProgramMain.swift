public import ArgumentParser
import Foundation
import Glibc

extension AsyncParsableCommand {
    /// Runs a program: parses, runs the command, and exits.
    ///
    /// A wrong command line exits with 2, as our programs promise, where ArgumentParser itself takes 64 (EX_USAGE).
    ///
    /// - Parameter arguments: in place of the process' own.
    public static func runAsProgram(_ arguments: [String]? = nil) async -> Never {
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            if exitCode(for: error) == .validationFailure {
                FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
                Glibc.exit(2)
            }
            exit(withError: error)
        }
        Glibc.exit(0)
    }
}
