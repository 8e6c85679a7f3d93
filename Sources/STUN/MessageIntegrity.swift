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
        let length = bytes.count + 4 + attributeOctets - Message.headerSize
        var header = Array(bytes.prefix(Message.headerSize))
        header[2] = UInt8(truncatingIfNeeded: length >> 8)
        header[3] = UInt8(truncatingIfNeeded: length)
        let symmetric = SymmetricKey(data: key.bytes)
        switch algorithm {
        case .sha1:
            var hmac = HMAC<Insecure.SHA1>(key: symmetric)
            hmac.update(data: header)
            hmac.update(data: bytes.dropFirst(Message.headerSize))
            return Array(hmac.finalize())
        case .sha256:
            var hmac = HMAC<SHA256>(key: symmetric)
            hmac.update(data: header)
            hmac.update(data: bytes.dropFirst(Message.headerSize))
            return Array(hmac.finalize())
        }
    }

    /// Equality in a time that depends on the lengths alone.
    static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
