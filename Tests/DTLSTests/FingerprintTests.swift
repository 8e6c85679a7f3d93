import DTLS
import Testing

/// The digest 00 01 02 … 1F.
private let wellKnown =
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F"

struct FingerprintTests {
    @Test("the text form is upper-case hexadecimal with colons, and reads back")
    func text() throws {
        let fingerprint = try #require(Fingerprint(bytes: Array(0..<32)))
        #expect(fingerprint.description == wellKnown)
        #expect(Fingerprint(wellKnown) == fingerprint)
        #expect(Fingerprint(wellKnown.lowercased()) == fingerprint)
    }

    @Test(
        "what is not 32 pairs of digits is no fingerprint",
        arguments: [
            "", ":", "00", "0", String(wellKnown.dropLast(3)), wellKnown + ":20", wellKnown + ":",
            "G" + wellKnown.dropFirst(), "é" + wellKnown.dropFirst(2), wellKnown.filter { $0 != ":" },
        ])
    func refused(text: String) {
        #expect(Fingerprint(text) == nil)
    }

    @Test("every identity is new")
    func identities() throws {
        #expect(try Identity().fingerprint != Identity().fingerprint)
    }
}
