import NetPrimitives
import STUN
import TestSupport
import Testing

@Suite("What is not STUN")
struct MalformedMessageTests {
    static let header = "0001 0000 2112a442 000102030405060708090a0b"

    @Test(
        "a malformed message throws the error that names it (RFC 8489 §5, §6.3, §14)",
        arguments: [
            ("the topmost bits set", "4001 0000 2112a442 000102030405060708090a0b", DecodingError.notSTUN),
            ("RFC 3489, no cookie", "0001 0000 2112a443 000102030405060708090a0b", .noMagicCookie),
            ("a length of no multiple of four", "0001 0002 2112a442 000102030405060708090a0b 0000", .badLength),
            ("bytes behind the end", "0001 0000 2112a442 000102030405060708090a0b 00000000", .badLength),
            ("a promise of more", "0001 0004 2112a442 000102030405060708090a0b", .truncated),
            ("an attribute past the end", "0001 0004 2112a442 000102030405060708090a0b 8022 0001",
                .attributeTruncated(.software)),
            ("the longest attribute", "0001 0004 2112a442 000102030405060708090a0b 8022 ffff",
                .attributeTruncated(.software)),
            ("FINGERPRINT of two bytes", "0001 0008 2112a442 000102030405060708090a0b 8028 0002 00000000",
                .misplaced(.fingerprint)),
            ("FINGERPRINT not last", "0001 000c 2112a442 000102030405060708090a0b 8028 0004 00000000 8022 0000",
                .misplaced(.fingerprint)),
            ("FINGERPRINT that does not match", "0001 0008 2112a442 000102030405060708090a0b 8028 0004 00000000",
                .badFingerprint),
            ("MESSAGE-INTEGRITY of four bytes", "0001 0008 2112a442 000102030405060708090a0b 0008 0004 00000000",
                .misplaced(.messageIntegrity)),
            ("MESSAGE-INTEGRITY-SHA256 of twelve bytes",
                "0001 0010 2112a442 000102030405060708090a0b 001c 000c 000000000000000000000000",
                .misplaced(.messageIntegritySHA256)),
        ])
    func malformed(_: String, hexadecimal: String, error: DecodingError) {
        #expect(throws: error) { try Message(decoding: bytes(hexadecimal)) }
    }

    @Test(
        "a malformed attribute throws, and the message around it stands",
        arguments: [
            ("0020 0003 00010000", AttributeType.xorMappedAddress), ("0020 0008 0003 a147 e112a643", .xorMappedAddress),
            ("0020 0004 0001a147", .xorMappedAddress), ("0020 000c 0001a147 e112a643 00000000", .xorMappedAddress),
            ("0009 0003 00000400", .errorCode), ("0009 0004 00000200", .errorCode), ("0009 0004 00000464", .errorCode),
            ("000a 0001 80000000", .unknownAttributes), ("0006 0002 c3280000", .username),
        ])
    func malformedAttribute(hexadecimal: String, type: AttributeType) throws {
        let attribute = bytes(hexadecimal)
        let length = (attribute.count < 16 ? "0" : "") + String(attribute.count, radix: 16)
        let message = try Message(decoding: bytes("0001 00\(length) 2112a442 000102030405060708090a0b") + attribute)
        func reads<Kind: Attribute>(_ kind: Kind.Type) -> Bool {
            do throws(MalformedAttribute) { _ = try message.attribute(kind) } catch { return error.type != type }
            return true
        }
        switch type {
        case .xorMappedAddress: #expect(!reads(XORMappedAddress.self))
        case .errorCode: #expect(!reads(ErrorCode.self))
        case .unknownAttributes: #expect(!reads(UnknownAttributes.self))
        default: #expect(!reads(Username.self))
        }
    }

    @Test("what stands behind MESSAGE-INTEGRITY is not seen (RFC 8489 §14.5)")
    func behindIntegrity() throws {
        var builder = MessageBuilder(.request, .binding, transactionID: try #require(TransactionID(octets: 0..<12)))
        builder.add(Username("a"))
        var changed = builder.finish(key: .shortTerm(password: "p"))
        changed += bytes("0020 0008 0001a147e112a643")
        changed[3] += 12
        let message = try Message(decoding: changed)
        #expect(message[XORMappedAddress.self] == nil)
        _ = try message.authenticated(with: .shortTerm(password: "p"))
    }

    @Test("random bytes with a good header never trap")
    func randomBytes() {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: .min ... .max, using: &random)
        var generator = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...16, using: &generator) * 4
            var message = bytes(Self.header)
            message[3] = UInt8(count)
            message += (0..<count).map { _ in UInt8.random(in: 0...40, using: &generator) }
            guard let decoded = try? Message(decoding: message) else { continue }
            _ = decoded[XORMappedAddress.self]
            _ = decoded[ErrorCode.self]
            _ = try? decoded.authenticated(with: .shortTerm(password: "p"))
            #expect(decoded.attributes.count <= 16, "seed \(seed)")
        }
    }
}
