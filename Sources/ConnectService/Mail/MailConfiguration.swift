import Foundation
import Mail
import NetPrimitives
import TOMLKit

/// The table `[mail]` of the person's configuration: by which way an invitation is mailed.
///
///     [mail]
///     via = "smtp"                      # or "sendmail", or "program": the person's own mail program
///     from = "ann@example.org"
///     server = "mail.example.org"       # further keys are for smtp
///     port = 587
///     tls = "starttls"                  # or "implicit" (port 465), or "none"
///     user = "ann"
///     password-file = "/home/ann/.mail" # readable by its owner alone
///     password-command = ["pass", "show", "mail"]
///     ca-file = "/etc/ssl/our-own.pem"
public struct MailConfiguration: Hashable, Sendable {
    public enum Way: String, Hashable, Sendable, CaseIterable { case smtp, sendmail, program }

    public enum Encryption: String, Hashable, Sendable, CaseIterable { case starttls, implicit, none }

    /// nil: the server if there is one, else the person's mail program if there is a desktop, else sendmail.
    var way: Way?
    var from: MailAddress?
    var server: String?
    var port: Int?
    /// nil: `implicit` at port 465; `none` at a loopback address; else `starttls`.
    var encryption: Encryption?
    var user: String?
    var passwordFile: String?
    var passwordCommand: [String]?
    var authorities: String?

    /// Whether the server is this computer.
    var isLoopback: Bool {
        server.map { $0 == "localhost" || $0 == "[::1]" || IPAddress($0)?.isLoopback == true } ?? false
    }

    private static let keys: Set = [
        "via", "from", "server", "port", "tls", "user", "password-file", "password-command", "ca-file",
    ]

    init() {}

    /// What is wrong with the table, as a sentence about it.
    struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
        let description: String
    }

    init(_ table: TOMLTable) throws(Mistake) {
        func refuse(_ sentence: String) -> Mistake { Mistake(description: "[mail] \(sentence)") }
        func text(_ key: String) throws(Mistake) -> String? {
            guard let value = table[key] else { return nil }
            guard let text = value.string, !text.isEmpty, !text.contains(where: \.isNewline) else { throw refuse("\(key) is not a line of text.") }
            return text
        }
        func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _: Choice.Type) throws(Mistake) -> Choice?
        where Choice.RawValue == String {
            guard let text = try text(key) else { return nil }
            if let choice = Choice(rawValue: text) { return choice }
            throw refuse("\(key) is one of \(Choice.allCases.map { "“\($0.rawValue)”" }.joined(separator: ", ")).")
        }
        if let unknown = table.keys.filter({ !Self.keys.contains($0) }).min() { throw refuse("has no key “\(unknown)”.") }
        way = try choice("via", Way.self)
        encryption = try choice("tls", Encryption.self)
        if let text = try text("from") {
            guard let address = MailAddress(text) else { throw refuse("from is no e-mail address.") }
            from = address
        }
        server = try text("server")
        if let server, !server.utf8.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || "0123456789.-:[]".utf8.contains($0) }) {
            throw refuse("server is the name or the address of a mail server.")
        }
        if let value = table["port"] {
            guard let number = value.int, (1...65535).contains(number) else { throw refuse("port is a number from 1 to 65535.") }
            port = number
        }
        user = try text("user")
        passwordFile = try text("password-file")
        authorities = try text("ca-file")
        if let value = table["password-command"] {
            let words = value.array?.map { $0.string }
            guard let words, !words.isEmpty, !words.contains(nil) else { throw refuse("password-command is a list: a program and its arguments.") }
            passwordCommand = words.compactMap(\.self)
        }
        if passwordFile != nil, passwordCommand != nil { throw refuse("has both password-file and password-command.") }
        if user != nil, passwordFile == nil, passwordCommand == nil { throw refuse("user needs password-file or password-command.") }
        if user != nil, encryption == MailConfiguration.Encryption.none, !isLoopback {
            throw refuse("tls = “none” would show your password to everybody on the way: leave tls out.")
        }
        if server != nil || way == .smtp, server == nil || from == nil { throw refuse("needs server and from, to send by SMTP.") }
    }
}
