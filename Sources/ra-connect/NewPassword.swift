import ArgumentParser
import ConnectService
import Foundation
import Glibc

/// The password of an invitation that is about to be made. It is never an argument: others could read it in the list of processes.
enum NewPassword {
    /// Whoever has the file can try passwords without asking anybody; each try costs a second of a processor and 256 MiB.
    private static let shortest = 8
    /// Bytes.
    private static let longest = 1024
    /// How often somebody may mistype it.
    private static let tries = 3

    /// - Parameters:
    ///   - isAsked: whether the person is to type it.
    ///   - file: where it stands instead.
    /// - Returns: nil when there is to be none.
    static func read(isAsked: Bool, file: String?) throws -> String? {
        if let file {
            let password: String
            do throws(PasswordFile.Unusable) { password = try PasswordFile.read(file, namedBy: "--password-file") } catch {
                throw ValidationError(error.description)
            }
            return try judged(password)
        }
        guard isAsked else { return nil }
        // Standard input that is no terminal is where the answers of the session come from.
        guard isatty(STDIN_FILENO) == 1 else { throw ValidationError("Nobody can type a password here: use --password-file FILE.") }
        for _ in 1..<tries {
            do { return try typedTwice() } catch let problem as ValidationError {
                FileHandle.standardError.write(Data((problem.message + "\n").utf8))
            }
        }
        return try typedTwice()
    }

    private static func typedTwice() throws -> String {
        let password = try judged(typed("A password for the invitation: "))
        guard try typed("Once more: ") == password else { throw ValidationError("Those were two different passwords.") }
        return password
    }

    private static func typed(_ prompt: String) throws -> String {
        guard let text = getpass(prompt) else { throw ValidationError("Nobody can type a password here: use --password-file FILE.") }
        return String(cString: text)
    }

    private static func judged(_ password: String) throws -> String {
        guard password.count >= shortest, password.utf8.count <= longest else {
            throw ValidationError("A password has \(shortest) characters or more, and not more than \(longest): whoever has the file can try short ones.")
        }
        return password
    }
}
