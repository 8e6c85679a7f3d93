import Crypto
@testable import STUN
import TestSupport
import Testing

@Suite("KeyedHash")
struct KeyedHashTests {
    private static func code<Hash: HashFunction>(_: Hash.Type, _ key: [UInt8], _ parts: [[UInt8]]) -> [UInt8] {
        var hash = KeyedHash<Hash>(key: key)
        for part in parts { part.withUnsafeBytes { hash.update($0) } }
        return hash.finish()
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count < 2 ? "0" + text : text
        }.joined()
    }

    @Test("the vectors of RFC 2202 §3 and RFC 4231 §4: short keys, and one longer than a block")
    func vectors() {
        let jefe = Array("what do ya want for nothing?".utf8)
        #expect(
            Self.hex(Self.code(Insecure.SHA1.self, Array("Jefe".utf8), [jefe])) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        #expect(
            Self.hex(Self.code(SHA256.self, Array("Jefe".utf8), [jefe]))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(
            Self.hex(Self.code(Insecure.SHA1.self, Array(repeating: 0xAA, count: 80), [long]))
                == "aa4ae5e15272d00e95705637ce8a3b55ed402112")
        #expect(
            Self.hex(Self.code(SHA256.self, Array(repeating: 0xAA, count: 131), [long]))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test("of the key nothing stays where it was padded", arguments: [0, 1, 63, 64])
    func cleared(size: Int) {
        let key = [UInt8](repeating: 0xAA, count: size)
        withUnsafeTemporaryAllocation(byteCount: SHA256.blockByteCount, alignment: 8) { block in
            for index in block.indices { block[index] = 0xFF }
            _ = KeyedHash<SHA256>.begin(key, 0x36, in: block)
            #expect(block.allSatisfy { $0 == 0 })
        }
    }

    @Test("the same code as the library's HMAC, in however many parts", arguments: 1...20 as ClosedRange<UInt64>)
    func library(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func bytes(upTo limit: Int) -> [UInt8] {
            (0..<Int.random(in: 0...limit, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        for _ in 0..<50 {
            let (key, parts) = (bytes(upTo: 150), (0..<Int.random(in: 0...4, using: &random)).map { _ in bytes(upTo: 90) })
            let whole = parts.flatMap(\.self)
            let sha1 = HMAC<Insecure.SHA1>.authenticationCode(for: whole, using: SymmetricKey(data: key))
            let sha256 = HMAC<SHA256>.authenticationCode(for: whole, using: SymmetricKey(data: key))
            #expect(Self.code(Insecure.SHA1.self, key, parts) == Array(sha1))
            #expect(Self.code(SHA256.self, key, parts) == Array(sha256))
        }
    }
}
