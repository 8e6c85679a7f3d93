import Rendezvous
import Testing

@Suite("The link")
struct InvitationLinkTests {
    @Test("a link reads back as itself and carries 128 bits", arguments: 0..<50 as Range<UInt64>)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let relay = try #require(RelayURL("https://relay.example.org:5349"))
        let link = InvitationLink(relay: relay, lookup: .random(using: &random), key: .randomLink(using: &random))
        #expect(link.exposedText.hasPrefix("https://relay.example.org:5349/j/\(link.lookup)#"))
        #expect(link.key.secret.count == 26)
        #expect(try InvitationLink(parsing: link.exposedText) == link)
        #expect(!"\(link)".contains(link.exposedText.suffix(26)))
        let parsed = try Invitation.parse(link.exposedText + "\n")
        #expect(parsed.relay == relay && parsed.key == link.key && parsed.lookup == link.lookup)
    }

    private static let secret = "0123456789ABCDEFGHJKMNPQR0"

    @Test(
        "what is no link is refused",
        arguments: [
            "", "https://", "https:///j/000000#\(secret)", "https://relay/j/000000", "https://relay/j/#\(secret)",
            "https://relay/j/00000#\(secret)", "https://relay/j/0000000#\(secret)", "https://relay/j/000000#",
            "https://relay/j/000000#\(secret)0", "https://relay/j/000000#\(secret.dropLast())",
            "https://relay/j/000000##\(secret)", "ftp://relay/j/000000#\(secret)", "relay/j/000000#\(secret)",
            "https://re lay/j/000000#\(secret)", "https://user@relay/j/000000#\(secret)",
            "https://relay:0/j/000000#\(secret)", "https://relay:65536/j/000000#\(secret)",
            "https://relay:/j/000000#\(secret)", "https://[::1/j/000000#\(secret)",
            "https://[x]/j/000000#\(secret)", "https://relay/x/j/000000#\(secret)",
            "https://relay/j/000000#\(secret.dropLast())1",  // stray bits
            "https://relay/j/00000U#\(secret)",
        ])
    func malformed(_ text: String) {
        #expect(throws: InvitationError.malformedLink) { try InvitationLink(parsing: text) }
    }

    @Test("truncated anywhere it is no invitation")
    func truncated() {
        let text = "https://relay.example.org/j/ABCDEF#\(Self.secret)"
        #expect(throws: Never.self) { try Invitation.parse(text) }
        for count in 0..<text.count {
            #expect(throws: InvitationError.self) { try Invitation.parse(String(text.prefix(count))) }
        }
    }

    @Test(
        "a relay's URL is a scheme, a host and perhaps a port",
        arguments: [
            ("https://Relay.Example.org/", "https://relay.example.org"),
            ("http://127.0.0.1:3478", "http://127.0.0.1:3478"),
            ("HTTPS://[2001:DB8::1]:5349", "https://[2001:db8::1]:5349"), ("https://[::1]", "https://[::1]"),
        ])
    func relayURL(_ text: String, _ canonical: String) {
        #expect(RelayURL(text)?.description == canonical)
    }
}
