import NetPrimitives
import Rendezvous
import Testing

@Suite("BanSubject")
struct BanSubjectTests {
    @Test(
        "reads addresses and blocks as a relay sees clients",
        arguments: [
            ("192.0.2.7", "192.0.2.7/32"), ("192.0.2.0/24", "192.0.2.0/24"), ("10.0.0.0/8", "10.0.0.0/8"),
            // A home has a /56, and a new address out of it whenever it likes.
            ("2001:db8:1:2ab::7", "2001:db8:1:200::/56"), ("2001:db8:1:2ab::7/128", "2001:db8:1:2ab::7/128"),
            ("2001:db8::/32", "2001:db8::/32"), ("2001::/16", "2001::/16"),
            // What a dual-stack socket shows is IPv4.
            ("::ffff:192.0.2.7", "192.0.2.7/32"), ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ])
    func address(text: String, block: String) throws {
        let subject = try BanSubject(address: text)
        #expect(subject == CIDRBlock(block).map(BanSubject.addresses))
        #expect(subject.kind == .address && subject.text == block)
        #expect(BanSubject(.address, block) == subject)
        #expect(try BanSubject(address: block) == subject, "it is removed by the name that is printed")
    }

    static let mistakes: [(text: String, mistake: BanSubject.Mistake)] = [
        ("", .notAnAddress), ("alice", .notAnAddress), ("192.0.2", .notAnAddress), ("192.0.2.0/33", .notAnAddress),
        ("192.0.2.0/", .notAnAddress), ("192.0.2.0/-1", .notAnAddress), ("192.0.2.1-192.0.2.9", .notAnAddress),
                ("0.0.0.0/0", .tooMany(8)), ("128.0.0.0/7", .tooMany(8)), ("::/0", .tooMany(16)), ("2000::/3", .tooMany(16)),
        ("::ffff:0.0.0.0/96", .tooMany(8)),
    ]

    @Test("says what is wrong with anything else", arguments: mistakes)
    func mistake(text: String, mistake: BanSubject.Mistake) {
        #expect(throws: mistake) { try BanSubject(address: text) }
    }

    @Test("says which block an address with a length is in", arguments: [("192.0.2.7/24", "192.0.2.0/24"), ("2001:db8::1/64", "2001:db8::/64")])
    func inside(text: String, block: String) throws {
        #expect(throws: BanSubject.Mistake.insideBlock(try #require(CIDRBlock(block)))) { try BanSubject(address: text) }
    }

    @Test(
        "takes names that a request can have",
        arguments: [
            ("alice", true), ("i-0123456789abcdef", true), ("1790000000:alice", true), ("Ann Müller", true), ("", false),
            ("a\nb", false), ("a\u{202E}b", false), (String(repeating: "x", count: 508), true), (String(repeating: "x", count: 509), false),
        ])
    func user(name: String, isGood: Bool) {
        #expect((BanSubject(user: name) != nil) == isGood)
        #expect(BanSubject(.user, name) == BanSubject(user: name))
    }

    @Test("people are named by name or key, as people write them")
    func people() throws {
        let key = try #require(PersonKey([UInt8](repeating: 1, count: PersonKey.size)))
        let fingerprint = KeyFingerprint(key)
        #expect(fingerprint.text == key.fingerprint && fingerprint.text.count == 29)
        for text in [fingerprint.text, fingerprint.text.lowercased(), fingerprint.text.replacing("-", with: " "), fingerprint.text.replacing("-", with: "")] {
            #expect(KeyFingerprint(text) == fingerprint)
            #expect(BanSubject(.key, text) == .key(fingerprint))
        }
        for text in ["", "carol", key.text, fingerprint.text + "0", String(fingerprint.text.dropLast()), "U" + fingerprint.text.dropFirst()] {
            #expect(KeyFingerprint(text) == nil && BanSubject(.key, text) == nil, "\(text)")
        }
        let carol = try #require(PersonName("carol"))
        #expect(BanSubject(.person, "Carol") == .person(carol))
        #expect(BanSubject(.person, "carol@relay.example.org") == nil)
        for subject in [BanSubject.person(carol), .key(fingerprint)] { #expect(BanSubject(subject.kind, subject.text) == subject) }
    }

    @Test("a ban holds until its end, and its reason is one line of plain text")
    func ban() throws {
        let subject = try #require(BanSubject(user: "alice"))
        let ban = Ban(subject, added: UnixTime(seconds: 10), expires: UnixTime(seconds: 20), reason: "floods\n\u{1B}[31mred")
        #expect(ban.holds(at: UnixTime(seconds: 19)) && !ban.holds(at: UnixTime(seconds: 20)))
        #expect(ban.reason == "floods[31mred")
        #expect(Ban(subject, added: UnixTime(seconds: 10)).holds(at: .last))
        #expect(Ban(subject, added: .last, reason: String(repeating: "x", count: 500)).reason.utf8.count == Ban.longestReason)
    }
}
