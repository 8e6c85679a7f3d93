import ArgumentParser
import ConnectService
import Foundation
import Glibc
import Rendezvous
import Session

/// An invitation as it stands on the command line.
enum InvitationArgument {
    /// Reads a code, a link or a file; asks for the password of a sealed one.
    ///
    /// An invitation that cannot be read is a wrong one: exit code 6, with a sentence.
    static func read(_ argument: String) throws -> Invitation {
        do {
            let text = try InvitationPaper.text(of: argument)
            do {
                return try Invitation.parse(text)
            } catch InvitationError.passwordNeeded {
                return try Invitation.parse(text, password: askPassword())
            }
        } catch let error as InvitationError {
            throw refuse("\(error)")
        } catch let error as CocoaError {
            throw refuse("“\(argument)” cannot be read: \(error.localizedDescription)")
        }
    }

    private static func refuse(_ sentence: String) -> ArgumentParser.ExitCode {
        FileHandle.standardError.write(Data((sentence + "\n").utf8))
        return ArgumentParser.ExitCode(Session.ExitCode.invitation.rawValue)
    }

    /// Reads a line without showing it; from a pipe, as it comes.
    private static func askPassword() throws -> String {
        if isatty(STDIN_FILENO) == 1, let typed = getpass("The invitation's password: ") { return String(cString: typed) }
        guard let line = readLine() else { throw ValidationError("The invitation has a password: give it on standard input.") }
        return line
    }
}
