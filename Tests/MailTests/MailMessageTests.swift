import Testing

@testable import Mail

@Suite("A message")
struct MailMessageTests {
    static func message(name: String = "Ann", subject: String = "help", text: String = "hello\nthere\n") throws -> MailMessage {
        MailMessage(
            from: MailAddress("ann@example.org"), name: name, to: try #require(MailAddress("hel@example.com")), subject: subject,
            language: .english, text: text, attachment: Array(0...255), fileName: "invitation.rainvite")
    }

    static func lines(_ message: MailMessage) -> [String] {
        String(decoding: message.bytes(date: "Sat, 21 Nov 2026 14:00:00 +0000", token: "T0"), as: UTF8.self).components("\r\n")
    }

    @Test("is what RFC 5322 and RFC 2045 say")
    func whole() throws {
        #expect(Self.lines(try Self.message()) == [
            "From: \"Ann\" <ann@example.org>", "To: hel@example.com", "Subject: help", "Date: Sat, 21 Nov 2026 14:00:00 +0000",
            "Message-ID: <T0@example.org>", "MIME-Version: 1.0", "Content-Language: en", "Content-Type: multipart/mixed;",
            " boundary=\"=_ra-T0\"", "", "--=_ra-T0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
            "aGVsbG8NCnRoZXJlDQo=", "--=_ra-T0", "Content-Type: application/octet-stream; name=\"invitation.rainvite\"",
            "Content-Transfer-Encoding: base64", "Content-Disposition: attachment; filename=\"invitation.rainvite\"", "",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4",
            "OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3Bx",
            "cnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmq",
            "q6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj",
            "5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w==", "--=_ra-T0--", "",
        ])
    }

    @Test(
        "has no header that a name brought with it",
        arguments: ["Ann\r\nBcc: all@example.net", "Ann\nX: y", "Ann\r\n\r\nbody", "A\u{2028}Bcc: x@y", "=?UTF-8?Q?=0D=0ABcc:_x?=", "\"", "\\", "\u{202E}nnA"])
    func injection(_ text: String) throws {
        // A line that begins with a space goes on with the header before it.
        func names(_ lines: [String]) -> [Substring] { lines.filter { !$0.isEmpty && !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } } }
        let lines = Self.lines(try Self.message(name: text, subject: text))
        #expect(names(lines) == names(Self.lines(try Self.message())))
        #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
    }

    @Test("encodes what is not ASCII in words that no mail program divides")
    func encodedWords() throws {
        #expect(HeaderText.encoded("Zoë") == "=?UTF-8?B?Wm/Dqw==?=")
        #expect(HeaderText.displayName("a \"b\" \\c") == #""a \"b\" \\c""#)
        let long = HeaderText.encoded(String(repeating: "é", count: 128))
        #expect(long.components("\r\n ").count == 6)
        #expect(long.components("\r\n ").allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?UTF-8?B?") && $0.hasSuffix("?=") })
    }

    @Test("has no line with an encoded word that is longer than 76 characters (RFC 2047 section 2)", arguments: [1, 38, 39, 40, 64, 128])
    func lineLengths(count: Int) throws {
        let text = String(repeating: "é", count: count)
        let lines = Self.lines(try Self.message(name: text, subject: text))
        #expect(lines.contains { $0.contains("=?UTF-8?B?") } && lines.allSatisfy { !$0.contains("=?") || $0.utf8.count <= 76 })
    }

    @Test("has no sender where the program that takes it knows")
    func noSender() throws {
        var message = try Self.message()
        message.from = nil
        #expect(!Self.lines(message).contains { $0.hasPrefix("From:") })
        #expect(Self.lines(message).contains("Message-ID: <T0@ra-connect.invalid>"))
    }
}

@Suite("An e-mail address")
struct MailAddressTests {
    @Test("is what a person types", arguments: ["ann@example.org", "a.b+c@x-y.example", "o'brien@example.org", "a@localhost", "1@127.0.0.1"])
    func good(_ text: String) throws { #expect(try #require(MailAddress(text)).description == text) }

    @Test(
        "is nothing else",
        arguments: [
            "", "ann", "@", "ann@", "@example.org", "a@b@c", "a b@c", "ann@example.org\r\nRCPT TO:<x@y>", "ann@example.org,x@y", "<a@b>",
            "-oX@example.org", "a@-b", "a@b-", "a..b@c", ".a@b", "a.@b", "a@b..c", "a@.b", "é@b", "a@é", "\"a\"@b", "a@b;c", "a@b(c)",
            String(repeating: "a", count: 65) + "@b", "a@" + String(repeating: "b.", count: 127) + "c",
        ])
    func bad(_ text: String) { #expect(MailAddress(text) == nil) }
}

@Suite("The letter of an invitation")
struct InvitationLetterTests {
    @Test(
        "has the link, the file, the expiry and the warning in each language",
        arguments: zip(MailLanguage.allCases, ["Do not forward this message", "Ne transférez pas ce message"]))
    func parts(language: MailLanguage, warning: String) {
        let letter = InvitationLetter(
            name: "Ann\n", link: "https://relay.example.org/j/A#B", fileName: "invitation.rainvite", expires: "SOON", isViewOnly: false, language: language)
        for part in ["Ann", "https://relay.example.org/j/A#B", "ra-connect join invitation.rainvite", "SOON", warning] {
            #expect(letter.text.contains(part))
        }
        #expect(letter.subject.contains("Ann") && !letter.subject.contains("\n"))
        var bare = letter
        bare.link = nil
        #expect(!bare.text.contains("https://"))
        #expect(!letter.text.contains("password") && !letter.text.contains("mot de passe"))
        var sealed = bare
        sealed.hasPassword = true
        #expect(sealed.text.contains(language == .english ? "a password. Ann tells you by another way" : "mot de passe vous sera demandé. Ann"))
        bare.isViewOnly = true
        #expect(bare.text != letter.text)
    }

    @Test("is written in the person's language", arguments: [
        ("fr", MailLanguage.french), ("fr_CA.UTF-8", .french), ("fr.UTF-8", .french), ("C.UTF-8", .english), ("", .english), ("frp_IT", .english),
        ("en_GB", .english), ("de_DE.UTF-8", .english),
    ])
    func locale(_ text: String, language: MailLanguage) { #expect(MailLanguage(locale: text) == language) }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] { split(separator: separator, omittingEmptySubsequences: false).map(String.init) }
}
