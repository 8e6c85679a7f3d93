import Foundation
public import Mail

/// Brings an invitation on its way: by a mail server, by the machine's `sendmail`, or by the person's own mail program.
public struct MailDelivery: Sendable {
    /// What is to be sent, before anybody knows by which way.
    struct Letter: Sendable {
        /// The sharer's name.
        var name: String
        var link: String?
        var attachment: [UInt8]
        var expires: Date
        var isViewOnly: Bool
        /// Whether the attachment is of no use without a password.
        var hasPassword: Bool
    }

    public let to: MailAddress
    let language: MailLanguage
    let configuration: MailConfiguration
    let way: Way

    enum Way: Hashable, Sendable {
        case smtp
        case sendmail(path: String)
        case program(path: String)
    }

    static let fileName = "invitation.rainvite"

    /// Finds the way, before there is an invitation.
    ///
    /// - Parameter configuration: the person's; nil when it says nothing of mail.
    public init(to: MailAddress, language: MailLanguage?, configuration: MailConfiguration?) throws(MailFailure) {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap(Self.variable).first ?? ""
        self.to = to
        self.language = language ?? MailLanguage(locale: locale)
        self.configuration = configuration ?? MailConfiguration()
        way = try Self.way(configuration)
        if case .program = way, to.isUnusual {
            throw MailFailure(description: "xdg-email may misunderstand \(to): name a mail server under [mail] in the configuration.")
        }
    }

    /// A variable of the environment; nil when it is empty as well.
    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// By which way a message would go from here.
    static func way(_ configuration: MailConfiguration?) throws(MailFailure) -> Way {
        let configuration = configuration ?? MailConfiguration()
        let hasDesktop = variable("DISPLAY") != nil || variable("WAYLAND_DISPLAY") != nil
        let program = ChildProgram.find("xdg-email").map { Way.program(path: $0) }
        let sendmail = (ChildProgram.find("sendmail") ?? ["/usr/sbin/sendmail", "/usr/lib/sendmail"].first { FileManager.default.isExecutableFile(atPath: $0) })
            .map { Way.sendmail(path: $0) }
        switch configuration.way {
        case .smtp: return .smtp
        case .sendmail:
            if let sendmail { return sendmail }
            throw MailFailure(description: "This computer has no sendmail; install one (“apt install msmtp-mta”), or name a mail server under [mail].")
        case .program:
            if let program { return program }
            throw MailFailure(description: "Your mail program is opened by xdg-email, which is not here: “apt install xdg-utils”.")
        case nil:
            if configuration.server != nil { return .smtp }
            if hasDesktop, let program { return program }
            if let sendmail { return sendmail }
            throw MailFailure(
                description: "There is no way to send mail from here: name a mail server under [mail] in the configuration, install sendmail, or use --file and send the file yourself.")
        }
    }

    /// Whether somebody else than the person can read what stands in the message's text on this machine: arguments of a program can
    /// be seen by everybody, so no secret is among them.
    private var isTextPublic: Bool { if case .program = way { true } else { false } }

    /// Brings it on its way.
    ///
    /// - Returns: what to tell the person, and what is to be kept as long as the invitation is good.
    func send(_ letter: Letter) async throws -> (sentence: String, attachment: TemporaryFolder?) {
        let text = InvitationLetter(
            name: letter.name, link: isTextPublic ? nil : letter.link, fileName: Self.fileName,
            expires: MailDate.expiry(letter.expires, language: language), isViewOnly: letter.isViewOnly,
            hasPassword: letter.hasPassword, language: language)
        switch way {
        case .program(let path):
            let folder = try TemporaryFolder()
            let file = try folder.write(letter.attachment, as: Self.fileName)
            // xdg-email puts them between apostrophes of its own for some mail programs.
            let words = [text.subject, text.text].map { $0.replacing("'", with: "’") }
            var program = ChildProgram(
                path: path, arguments: ["--utf8", "--subject", words[0], "--body", words[1], "--attach", file, "\(to)"])
            // It may be the mail program itself, with what the person is writing in it.
            program.isDetached = true
            let code = try await program.run().code
            guard code == 0 else { throw MailFailure(description: "xdg-email could not open your mail program (code \(code)).") }
            return ("Your mail program has a message to \(to) ready: look at it, and send it.", folder)
        case .sendmail(let path):
            // Who the recipients are is in the message (-t); a line with a dot alone is no end of it (-i).
            var program = ChildProgram(path: path, arguments: ["-i", "-t"])
            program.input = message(text, letter).filter { $0 != 0x0D }
            let code = try await program.run().code
            guard code == 0 else { throw MailFailure(description: "sendmail did not take the message (code \(code)).") }
            return ("The invitation is on its way to \(to), by this computer's sendmail.", nil)
        case .smtp:
            let password = try await MailPassword.read(configuration)
            guard let from = configuration.from, let server = SMTPServer(configuration, password: password) else {
                throw MailFailure(description: "[mail] needs server and from, to send by SMTP.")
            }
            let bytes = message(text, letter), to = to
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                Thread { continuation.resume(with: Result { try server.send(bytes, from: from, to: to) }) }.start()
            }
            return ("The invitation is on its way to \(to), by \(server.host).", nil)
        }
    }

    private func message(_ text: InvitationLetter, _ letter: Letter) -> [UInt8] {
        MailMessage(
            from: configuration.from, name: letter.name, to: to, subject: text.subject, language: language, text: text.text,
            attachment: letter.attachment, fileName: Self.fileName
        ).bytes(date: MailDate.header(Date()), token: UUID().uuidString.filter { $0 != "-" })
    }
}
