private import Crypto

/// Which integrity attribute a message carries, and the algorithm behind it.
public enum IntegrityAlgorithm: Hashable, Sendable {
    /// MESSAGE-INTEGRITY: HMAC-SHA1, 20 octets (RFC 8489 §14.5).
    case sha1
    /// MESSAGE-INTEGRITY-SHA256: HMAC-SHA256, 32 octets here (RFC 8489 §14.6).
    case sha256

    var attributeType: AttributeType {
        switch self {
        case .sha1: .messageIntegrity
        case .sha256: .messageIntegritySHA256
        }
    }

    var octetCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        }
    }
}

enum MessageIntegrity {
    /// The code over a message up to where the attribute begins, with the header's length set as if
    /// the message ended behind the attribute of `attributeOctets` octets (RFC 8489 §14.5).
    static func compute(
        _ algorithm: IntegrityAlgorithm, over bytes: ArraySlice<UInt8>, attributeOctets: Int, key: IntegrityKey
    ) -> [UInt8] {
        switch algorithm {
        case .sha1: compute(KeyedHash<Insecure.SHA1>(key: key.bytes), bytes, attributeOctets)
        case .sha256: compute(KeyedHash<SHA256>(key: key.bytes), bytes, attributeOctets)
        }
    }

    private static func compute<Hash>(
        _ hash: consuming KeyedHash<Hash>, _ bytes: ArraySlice<UInt8>, _ attributeOctets: Int
    ) -> [UInt8] {
        let length = UInt16(truncatingIfNeeded: bytes.count + 4 + attributeOctets - Message.headerSize)
        var hash = hash
        bytes.withUnsafeBytes { bytes in
            hash.update(UnsafeRawBufferPointer(rebasing: bytes.prefix(2)))
            withUnsafeBytes(of: length.bigEndian) { hash.update($0) }
            hash.update(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(4)))
        }
        return hash.finish()
    }

    /// Equality in a time that depends on the lengths alone.
    static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
