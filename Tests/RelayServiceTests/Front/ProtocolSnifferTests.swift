@testable import RelayService
import Testing

@Suite("ProtocolSniffer")
struct ProtocolSnifferTests {
    @Test("first bytes tell the protocol", arguments: [
        ([0x16, 0x03, 0x01, 0x02], ProtocolSniffer.Verdict.tls), (Array("GET / HTTP/1.1".utf8), .http),
        (Array("OPTIONS * ".utf8), .http), ([0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42], .stun),
        ([0, 3, 0, 8, 0x21, 0x12, 0xA4, 0x42, 1], .stun), ([0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x43], .unknown),
        ([0x16, 0x02], .unknown), (Array("SSH-2.0".utf8), .unknown), (Array("get / ".utf8), .unknown),
        (Array("ABCDEFGHI ".utf8), .unknown), ([0x40, 0x00, 0, 0], .unknown), ([0x80], .unknown), ([0xFF], .unknown),
    ] as [([UInt8], ProtocolSniffer.Verdict)])
    func verdicts(bytes: [UInt8], verdict: ProtocolSniffer.Verdict) {
        #expect(ProtocolSniffer.verdict(on: bytes) == verdict)
    }

    @Test("a beginning of something known waits for more", arguments: [
        [], [0], [0, 1, 0, 0, 0x21, 0x12, 0xA4], [0x16], Array("G".utf8), Array("DELETE".utf8),
    ] as [[UInt8]])
    func waits(bytes: [UInt8]) { #expect(ProtocolSniffer.verdict(on: bytes) == .needsMore) }

    @Test("nothing waits beyond nine bytes, whatever it begins with")
    func bounded() {
        for first in UInt8.min ... .max {
            for filler in [UInt8(ascii: "A"), 0, 0xFF] {
                let bytes = [first] + [UInt8](repeating: filler, count: 8)
                #expect(ProtocolSniffer.verdict(on: bytes) != .needsMore)
            }
        }
    }
}

@Suite("OriginPolicy")
struct OriginPolicyTests {
    @Test("programs and our own pages may come in, other pages may not", arguments: [
        (nil, "relay:3478", true), ("http://relay:3478", "relay:3478", true), ("https://Relay", "relay", true),
        ("http://evil", "relay", false), ("null", "relay", false), ("http://relay", nil, false), ("relay", "relay", false),
        ("http://relay:3478.evil", "relay:3478", false),
    ] as [(String?, String?, Bool)])
    func allowed(origin: String?, host: String?, allowed: Bool) {
        #expect(OriginPolicy.allows(origin: origin, host: host) == allowed)
    }
}

@Suite("HTTPAuthority")
struct HTTPAuthorityTests {
    @Test("hosts and ports are read", arguments: ["relay.example.org", "192.0.2.1:3478", "[2001:db8::1]", "[::1]:3389", "a-b.c:1"])
    func read(text: String) { #expect(HTTPAuthority(text)?.text == text) }

    @Test("what could break a URL is refused", arguments: [
        "", ":1", "a b", "a/b", "a?b", "a#b", "a@b", "a:b", "a:65536", "a:-1", "[::1", "[::1]x", "[g]", "a\"", "a\r\nb", "é",
        String(repeating: "a", count: 256),
    ])
    func refused(text: String) { #expect(HTTPAuthority(text) == nil) }
}
