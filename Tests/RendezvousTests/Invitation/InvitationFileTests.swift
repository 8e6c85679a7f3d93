import Rendezvous
import Testing

@Suite("The file")
struct InvitationFileTests {
    /// A quarter of a millisecond of Argon2id instead of a second.
    static let cheap = PasswordCost(passes: 1, memory: 1 << 20)

    static func file(from: String? = "Ann", message: String? = "Printer again.\nThanks!") throws -> InvitationFile {
        var random = SeededRandom(seed: 11)
        return InvitationFile(
            relay: try #require(RelayURL("https://relay.example.org")), lookup: .random(using: &random),
            key: .randomLink(using: &random), from: from, expires: UnixTime(seconds: 1_795_221_000), ceiling: .view,
            message: message)
    }

    @Test("a file in clear reads back as itself and gives the invitation")
    func clear() throws {
        let file = try Self.file()
        #expect(try InvitationFile(parsing: file.exposedContents) == file)
        let text = String(decoding: file.exposedContents, as: UTF8.self)
        for part in [
            #""version" : 1"#, #""relay" : "https://relay.example.org""#, #""ceiling" : "view""#, #""from" : "Ann""#,
            #""expires" : "2026-11-21T"#, #""secret" : ""#,
        ] { #expect(text.contains(part)) }
        let invitation = try Invitation.parse(text)
        #expect(invitation == (try file.open()))
        #expect(invitation.key.kind == .link && invitation.ceiling == .view && invitation.from == "Ann")
        #expect(throws: Never.self) { try Invitation.parse("\n  " + text) }
    }

    @Test("a sealed file opens with its password alone, and holds no secret in clear")
    func sealed() throws {
        var random = SeededRandom(seed: 12)
        let clear = try Self.file()
        let file = try clear.sealed(password: "correct horse", cost: Self.cheap, using: &random)
        #expect(file.isSealed && !clear.isSealed)
        let read = try InvitationFile(parsing: file.exposedContents)
        #expect(read == file)
        #expect(try read.open(password: "correct horse") == (try clear.open()))
        #expect(throws: InvitationError.passwordNeeded) { try read.open() }
        for wrong in ["", "correct horsf", "Correct horse", "correct horse "] {
            #expect(throws: InvitationError.wrongPassword) { try read.open(password: wrong) }
        }
        let secret = String(decoding: try clear.open().key.secret.exposed, as: UTF8.self)
        #expect(!String(decoding: file.exposedContents, as: UTF8.self).contains(secret))
    }

    @Test("a sealed file whose other fields were changed does not open")
    func bound() throws {
        var random = SeededRandom(seed: 13)
        let file = try Self.file().sealed(password: "p", cost: Self.cheap, using: &random)
        let text = String(decoding: file.exposedContents, as: UTF8.self)
        for (field, other) in [
            ("relay.example.org", "relay.example.com"), ("\"view\"", "\"control\""), ("Ann", "Eve"),
            ("Printer", "Payroll"), ("2026", "2027"),
        ] {
            let changed = try InvitationFile(parsing: Array(text.replacing(field, with: other).utf8))
            #expect(throws: InvitationError.wrongPassword) { try changed.open(password: "p") }
        }
    }

    @Test("the moderate cost is what a person's file gets, and it opens")
    func moderate() throws {
        var random = SeededRandom(seed: 14)
        let file = try Self.file().sealed(password: "p", using: &random)
        #expect(String(decoding: file.exposedContents, as: UTF8.self).contains("\"memory\" : 268435456"))
        #expect(throws: Never.self) { try file.open(password: "p") }
    }

    @Test("truncated at any byte it is no file")
    func truncated() throws {
        var random = SeededRandom(seed: 15)
        let clear = try Self.file()
        for file in [clear, try clear.sealed(password: "p", cost: Self.cheap, using: &random)] {
            let contents = file.exposedContents.dropLast()
            for count in 0..<contents.count {
                #expect(throws: InvitationError.self) { try InvitationFile(parsing: Array(contents.prefix(count))) }
            }
        }
    }

    private static func json(_ changes: (String, String)...) -> String {
        let sealed =
            #"{"kdf":"argon2id","passes":1,"memory":1048576,"salt":"AAAAAAAAAAAAAAAAAAAAAA","#
            + #""nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","box":"AAAAAAAAAAAAAAAAAAAAAA"}"#
        var text =
            #"{"version":1,"relay":"https://relay","lookup":"000000","sealed":\#(sealed),"#
            + #""from":"Ann","expires":"2026-11-21T00:00:00Z","ceiling":"view","message":"Hi"}"#
        for (old, new) in changes { text = text.replacing(old, with: new) }
        return text
    }

    @Test("the table's base is a file")
    func base() throws {
        let file = try InvitationFile(parsing: Array(Self.json().utf8))
        #expect(throws: InvitationError.wrongPassword) { try file.open(password: "") }
    }

    @Test(
        "a malformed field is refused",
        arguments: [
            json(("\"passes\":1", "\"passes\":0")), json(("\"passes\":1", "\"passes\":5")),
            json(("\"passes\":1", "\"passes\":9223372036854775808")), json(("1048576", "1048575")),
            json(("1048576", "536870913")), json(("1048576", "-1")), json(("argon2id", "argon2i")),
            json(("\"salt\":\"AAAA", "\"salt\":\"AA")), json(("\"salt\":\"AAAA", "\"salt\":\"AA==")),
            json(("\"nonce\":\"AAAA", "\"nonce\":\"")), json(("https://relay", "gopher://relay")),
            json(("000000", "00000")), json(("\"view\"", "\"root\"")), json(("2026-11-21T", "2026-13-21T")),
            json(("Ann", "A\\u001b[31m")), json(("Ann", "A\\u202enn")), json(("Hi", "H\\u0000i")),
            json(("Ann", String(repeating: "A", count: 129))), json(("\"relay\"", "\"delay\"")),
            json(("\"from\":\"Ann\"", "\"from\":7")),
            json(("\"from\"", "\"secret\":\"00000000000000000000000000\",\"from\"")),
            json(("\"version\":1", "\"version\":\"1\"")), json(("\"version\":1,", "")), "[]", "{}", "null", "{", "",
        ])
    func malformed(_ text: String) {
        #expect(throws: InvitationError.malformedFile) { try InvitationFile(parsing: Array(text.utf8)) }
    }

    @Test("nesting without end and a file without end are refused")
    func sizes() {
        for text in [String(repeating: "[", count: 16_000), Self.json(("Hi", String(repeating: "a", count: 17_000)))] {
            #expect(throws: InvitationError.malformedFile) { try InvitationFile(parsing: Array(text.utf8)) }
        }
    }

    @Test("a later version says so")
    func laterVersion() {
        #expect(throws: InvitationError.unsupportedVersion(2)) {
            try InvitationFile(parsing: Array(#"{"version":2}"#.utf8))
        }
    }

    @Test("what a person wrote is cleaned when a file is made")
    func cleaned() throws {
        let file = try Self.file(
            from: "A\u{1B}nn\u{202E}" + String(repeating: "x", count: 500),
            message: "one\r\ntwo\tthree\u{7}")
        #expect(try InvitationFile(parsing: file.exposedContents) == file)
        #expect(file.from?.hasPrefix("Ann") == true && file.from?.utf8.count ?? 0 <= 128)
    }

    @Test("random bytes never trap a parser", arguments: 0..<200 as Range<UInt64>)
    func random(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var contents = try Self.file().exposedContents
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            contents[Int.random(in: contents.indices, using: &random)] = .random(in: .min ... .max, using: &random)
        }
        _ = try? InvitationFile(parsing: contents)
        _ = try? Invitation.parse(String(decoding: contents, as: UTF8.self))
    }
}
