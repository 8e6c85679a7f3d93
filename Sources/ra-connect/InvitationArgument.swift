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
        let text = try contents(argument)
        let isPath = argument.hasSuffix(".rainvite") || (argument.contains("/") && !argument.contains("://"))
        if isPath, text == argument { throw refuse("There is no file “\(argument)” here.") }
        do {
            return try Invitation.parse(text, password: isSealed(text) ? try askPassword() : nil)
        } catch let error as InvitationError {
            throw refuse("\(error)")
        }
    }

    private static func contents(_ argument: String) throws -> String {
        do {
            return try InvitationPaper.text(of: argument)
        } catch {
            throw refuse("“\(argument)” cannot be read: \(error.localizedDescription)")
        }
    }

    /// The file of that name, when it has a password; nil for every other invitation.
    static func sealedFile(_ argument: String) -> InvitationFile? {
        guard let contents = try? InvitationPaper.contents(of: argument), let file = try? InvitationFile(parsing: contents), file.isSealed
        else { return nil }
        return file
    }

    private static func isSealed(_ text: String) -> Bool {
        (try? InvitationFile(parsing: Array(text.utf8)))?.isSealed ?? false
    }

    /// An invitation that is none, with a sentence.
    static func refuse(_ sentence: String) -> ArgumentParser.ExitCode {
        FileHandle.standardError.write(Data((sentence + "\n").utf8))
        return ArgumentParser.ExitCode(Session.ExitCode.invitation.rawValue)
    }

    private static func askPassword() throws -> String {
        guard let password = typedPassword("The invitation's password: ") else {
            throw ValidationError("The invitation has a password: give it on standard input.")
        }
        return password
    }

    /// Reads a line without showing it; from a pipe, as it comes. Nil at the end of the input.
    static func typedPassword(_ prompt: String) -> String? {
        if isatty(STDIN_FILENO) == 1, let typed = getpass(prompt) { return String(cString: typed) }
        return readLine()
    }
}
