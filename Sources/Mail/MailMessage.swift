internal import FoundationEssentials

/// A message with a text and an attachment (RFC 5322, RFC 2045, RFC 2046 section 5.1.3).
public struct MailMessage: Sendable {
    /// Who sends it; nil where the program that takes it knows.
    public var from: MailAddress?
    /// The name before the sender's address.
    public var name: String
    public var to: MailAddress
    public var subject: String
    public var language: MailLanguage
    public var text: String
    public var attachment: [UInt8]
    /// The attachment's name: letters, digits, dots and dashes.
    public var fileName: String

    public init(
        from: MailAddress?, name: String, to: MailAddress, subject: String, language: MailLanguage, text: String, attachment: [UInt8],
        fileName: String
    ) {
        precondition(fileName.utf8.allSatisfy { (0x2D...0x7A).contains($0) }, "our own file name, in ASCII")
        self.from = from
        self.name = HeaderText.cleaned(name)
        self.to = to
        self.subject = HeaderText.cleaned(subject)
        self.language = language
        self.text = text
        self.attachment = attachment
        self.fileName = fileName
    }

    /// The message's bytes; every line ends with CR and LF.
    ///
    /// - Parameters:
    ///   - date: now, as RFC 5322 section 3.3 writes it.
    ///   - token: letters and digits that no other message has.
    public func bytes(date: String, token: String) -> [UInt8] {
        let boundary = "=_ra-\(token)"
        var headers: [(String, String)] = []
        if let from {
            let name = HeaderText.displayName(name)
            headers.append(("From", name + (name.hasPrefix("\"") ? " " : "\r\n ") + "<\(from)>"))
        }
        headers += [
            ("To", "\(to)"), ("Subject", HeaderText.encoded(subject)), ("Date", date),
            ("Message-ID", "<\(token)@\(from?.domain ?? "ra-connect.invalid")>"), ("MIME-Version", "1.0"),
            ("Content-Language", language.rawValue), ("Content-Type", "multipart/mixed;\r\n boundary=\"\(boundary)\""),
        ]
        var message = headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        message += "--\(boundary)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        message += Self.lines(Array(text.replacing("\n", with: "\r\n").utf8))
        message += "--\(boundary)\r\nContent-Type: application/octet-stream; name=\"\(fileName)\"\r\n"
        message += "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"\(fileName)\"\r\n\r\n"
        message += Self.lines(attachment)
        message += "--\(boundary)--\r\n"
        return Array(message.utf8)
    }

    /// Base64 in lines of 76 characters, each with its end (RFC 2045 section 6.8).
    private static func lines(_ bytes: [UInt8]) -> String {
        let options: Data.Base64EncodingOptions = [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed]
        return Data(bytes).base64EncodedString(options: options) + "\r\n"
    }
}
