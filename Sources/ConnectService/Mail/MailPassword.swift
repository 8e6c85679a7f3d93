import Foundation

/// The password for a mail server: out of a file that nobody else can read, or from a program that keeps it.
enum MailPassword {
    /// Bytes of the longest one.
    private static let longest = 4096

    /// - Returns: the first line; nil when the configuration names neither.
    static func read(_ configuration: MailConfiguration) async throws -> String? {
        if let file = configuration.passwordFile { return try firstLine(of: contents(file), from: file) }
        guard let command = configuration.passwordCommand, let name = command.first else { return nil }
        guard let path = name.contains("/") ? name : ChildProgram.find(name) else {
            throw MailFailure(description: "There is no program “\(name)”, which password-command names.")
        }
        var program = ChildProgram(path: path, arguments: Array(command.dropFirst()))
        program.isRead = true
        let (code, output) = try await program.run()
        guard code == 0 else { throw MailFailure(description: "“\(name)”, which password-command names, ended with code \(code).") }
        return try firstLine(of: output, from: name)
    }

    private static func contents(_ file: String) throws(MailFailure) -> [UInt8] {
        // What counts is the file, not a link to it, which has no rights of its own.
        let place = URL(fileURLWithPath: file).resolvingSymlinksInPath()
        let mode = (try? FileManager.default.attributesOfItem(atPath: place.path))?[.posixPermissions] as? NSNumber
        if let mode, mode.intValue & 0o077 != 0 {
            throw MailFailure(description: "\(file) can be read by others; “chmod 600 \(file)” makes it yours alone.")
        }
        guard mode != nil, let data = try? FileHandle(forReadingFrom: place).read(upToCount: longest) else {
            throw MailFailure(description: "\(file), which password-file names, cannot be read.")
        }
        return Array(data)
    }

    private static func firstLine(of bytes: [UInt8], from source: String) throws(MailFailure) -> String {
        let line = String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        guard !line.isEmpty else { throw MailFailure(description: "\(source) gives no password.") }
        return line
    }
}
