/// The password for a mail server: out of a file that nobody else can read, or from a program that keeps it.
enum MailPassword {
    /// - Returns: the first line; nil when the configuration names neither.
    static func read(_ configuration: MailConfiguration) async throws -> String? {
        do throws(PasswordFile.Unusable) {
            if let file = configuration.passwordFile { return try PasswordFile.read(file, namedBy: "password-file") }
        } catch {
            throw MailFailure(description: error.description)
        }
        guard let command = configuration.passwordCommand, let name = command.first else { return nil }
        guard let path = name.contains("/") ? name : ChildProgram.find(name) else {
            throw MailFailure(description: "There is no program “\(name)”, which password-command names.")
        }
        var program = ChildProgram(path: path, arguments: Array(command.dropFirst()))
        program.isRead = true
        let (code, output) = try await program.run()
        guard code == 0 else { throw MailFailure(description: "“\(name)”, which password-command names, ended with code \(code).") }
        do throws(PasswordFile.Unusable) { return try PasswordFile.firstLine(of: output, from: name) } catch {
            throw MailFailure(description: error.description)
        }
    }
}
