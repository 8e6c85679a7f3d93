import NetPrimitives
@testable import STUN
import TestSupport
import Testing

@Suite("RFC 8489: appendix B, password algorithms, security features")
struct RFC8489Tests {
    private func key(_ hash: PasswordHash) -> IntegrityKey {
        .longTerm(username: RFC8489.username, realm: RFC8489.realm, password: RFC8489.password, hash: hash)
    }

    @Test("B.1's code is made as we make it, over the length that is printed there")
    func printedCode() {
        let code = MessageIntegrity.compute(
            .sha256, over: RFC8489.printed[..<120], attributeOctets: 32 + 20, key: key(.sha256))
        #expect(code == Array(RFC8489.printed[124...]))
        #expect(throws: DecodingError.truncated) { try Message(decoding: RFC8489.printed) }
    }

    @Test("B.1 is read as it says, and is authentic with the key that SHA-256 makes")
    func vector() throws {
        let message = try Message(decoding: RFC8489.request)
        #expect(message[Userhash.self] == Userhash(username: RFC8489.username, realm: RFC8489.realm))
        #expect(message[Nonce.self]?.text == RFC8489.nonce)
        #expect(message[Realm.self]?.text == RFC8489.realm)
        #expect(try message.authenticated(with: key(.sha256)).algorithm == .sha256)
        #expect(throws: IntegrityError.mismatch) { try message.authenticated(with: key(.md5)) }
    }

    @Test("B.1 is written as it stands there")
    func written() throws {
        let id = try #require(TransactionID(octets: RFC8489.request[8..<20]))
        var builder = MessageBuilder(.request, .binding, transactionID: id)
        builder.add(Userhash(username: RFC8489.username, realm: RFC8489.realm))
        builder.add(Nonce(RFC8489.nonce))
        builder.add(Realm(RFC8489.realm))
        #expect(builder.finish(key: key(.sha256), algorithm: .sha256) == RFC8489.request)
    }

    @Test("with any one bit flipped it is not authentic")
    func flipped() {
        for bit in 0..<RFC8489.request.count * 8 {
            var changed = RFC8489.request
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect((try? Message(decoding: changed)).flatMap({ try? $0.authenticated(with: key(.sha256)) }) == nil, "bit \(bit)")
        }
    }

    /// B.1 with its code cut short, by Python's hmac: HMAC-SHA256 over the message whose length says so (§14.6).
    static let truncatedCodes = [
        "c26f29302a9387f91778106aaf9292a7",
        "6e2743af8ac46c032293d0f96e23a3ea91e8805c",
        "af4d23e425cdea6dd9aeaeef0f79b29d179870d7e8de9d2f",
        "cee2ceaf4a3b5de0d6a73430ee05c8b8cb47e28c5b2b2e29ef6325df",
    ]

    @Test("a truncated code counts in its length", arguments: truncatedCodes)
    func truncatedCode(code: String) throws {
        let bytes = withCode(hex(code))
        #expect(try Message(decoding: bytes).authenticated(with: key(.sha256)).algorithm == .sha256)
        let longer = try Message(decoding: withCode(hex(code) + [0, 0, 0, 0]))
        #expect(throws: IntegrityError.mismatch) { try longer.authenticated(with: key(.sha256)) }
    }

    @Test("fewer than 16 octets, more than 32 and no multiple of four are no code", arguments: [0, 4, 12, 15, 17, 36])
    func badCode(count: Int) {
        #expect(throws: DecodingError.misplaced(.messageIntegritySHA256)) {
            try Message(decoding: withCode(Array(repeating: 0, count: count)))
        }
    }

    private func withCode(_ code: [UInt8]) -> [UInt8] {
        var bytes = Array(RFC8489.request.prefix(RFC8489.request.count - 36))
        bytes += [0x00, 0x1C, 0x00, UInt8(code.count)]
        bytes += code
        bytes += Array(repeating: 0, count: (4 - code.count % 4) % 4)
        bytes[3] = UInt8(bytes.count - 20)
        return bytes
    }

    @Test("the bits of a nonce's cookie, in base64 and back")
    func cookies() {
        let cases: [(SecurityFeatures, String)] = [
            ([], "obMatJos2AAAA"), (.passwordAlgorithms, "obMatJos2gAAA"), (.usernameAnonymity, "obMatJos2QAAA"),
            ([.passwordAlgorithms, .usernameAnonymity], "obMatJos2wAAA"),
        ]
        for (features, cookie) in cases {
            #expect(features.nonceCookie == cookie)
            #expect(SecurityFeatures(nonce: cookie + "rest") == features)
        }
        #expect(SecurityFeatures(nonce: RFC8489.nonce)?.rawValue == 2)
        for nonce in ["", "obMatJos2", "obMatJos2AAA", "obMatJos3AAAA", "obMatJos2AA=A", " obMatJos2AAAA", "obMatJos2äää"] {
            #expect(SecurityFeatures(nonce: nonce) == nil, "\(nonce)")
        }
    }

    @Test("PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM are written as figures 8 and 9 draw them, and read back")
    func algorithms() throws {
        let id = try #require(TransactionID(octets: 0..<12))
        var writer = ByteWriter()
        PasswordAlgorithms.offered.encode(into: &writer, in: id)
        #expect(writer.bytes == hex("00020000 00010000"))
        #expect(try PasswordAlgorithms(decoding: writer.bytes[...], in: id) == .offered)
        let long = PasswordAlgorithms([
            PasswordAlgorithm(number: 0x1234, parameters: [1, 2, 3, 4, 5]), PasswordAlgorithm(number: 7, parameters: [9]),
        ])
        for value in [hex("12340005 0102030405000000 00070001 09000000"), hex("12340005 0102030405000000 00070001 09")] {
            #expect(try PasswordAlgorithms(decoding: value[...], in: id) == long)
        }
        #expect(try PasswordAlgorithm(decoding: hex("00020000")[...], in: id) == PasswordAlgorithm(.sha256))
        #expect(PasswordHash(PasswordAlgorithm(number: 2, parameters: [0])) == nil)
        #expect(PasswordHash(PasswordAlgorithm(number: 3)) == nil)
        for value in ["", "00", "0002", "000200", "00020001", "0002FFFF", "00020000 0001"] {
            #expect(throws: MalformedAttribute.self, "\(value)") { try PasswordAlgorithms(decoding: hex(value)[...], in: id) }
        }
        for value in ["", "00020000 00010000", "00020002 01"] {
            #expect(throws: MalformedAttribute.self) { try PasswordAlgorithm(decoding: hex(value)[...], in: id) }
        }
        #expect(throws: MalformedAttribute.self) { try Userhash(decoding: Array(repeating: 0, count: 31)[...], in: id) }
    }

    @Test("SHA-256 makes the key of RFC 8489 §18.5.1.2")
    func sha256Key() throws {
        // printf user:realm:pass | sha256sum, and with it as the key: openssl dgst -sha256 -mac HMAC.
        let id = try #require(TransactionID(octets: 0..<12))
        let bytes = MessageBuilder(.request, .binding, transactionID: id).finish(
            key: .longTerm(username: "user", realm: "realm", password: "pass", hash: .sha256), algorithm: .sha256)
        let digest = "6f23a2dd7bbd6725dcd5fd5104445ba61660fffedda14c68fb14b0949cad5c72"
        #expect(bytes == hex("00010024 2112a442 000102030405060708090a0b 001c0020 \(digest)"))
    }
}
