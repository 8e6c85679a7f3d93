import ConnectService
import Incident

/// An invitation of Windows Remote Assistance as it stands on the command line.
enum IncidentArgument {
    /// Reads the file; nil when the argument is another kind of invitation.
    ///
    /// One that cannot be read is a wrong one: exit code 6, with a sentence.
    static func read(_ argument: String) throws -> IncidentFile? {
        guard let contents = try? InvitationPaper.contents(of: argument) else { return nil }
        guard argument.lowercased().hasSuffix(".msrcincident") || IncidentFile.looksLike(contents) else { return nil }
        do {
            return try IncidentFile(parsing: contents)
        } catch {
            throw InvitationArgument.refuse("\(error)")
        }
    }

    /// Asks for its password, and opens with it what is sealed.
    ///
    /// - Parameter isNeeded: whether nothing can be done without; else an empty line, or none, is an answer as well.
    /// - Returns: nil when it has no password, or none was given.
    static func open(_ file: IncidentFile, isNeeded: Bool) throws -> (password: String, ticket: ConnectionString2?)? {
        guard isNeeded ? file.needsPassword : file.sealedTicket != nil else { return nil }
        let prompt = isNeeded ? "The invitation's password: " : "The invitation's password (Enter to see what can be seen without): "
        guard let password = InvitationArgument.typedPassword(prompt), !password.isEmpty else {
            if !isNeeded { return nil }
            throw InvitationArgument.refuse("This invitation has a password: give it on standard input.")
        }
        do {
            return (password, try file.sealedTicket?.open(password: password))
        } catch {
            throw InvitationArgument.refuse("\(error)")
        }
    }
}
