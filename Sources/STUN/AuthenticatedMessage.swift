/// A message whose integrity was checked with a key: the one kind that may change anything.
public struct AuthenticatedMessage: Sendable {
    public let message: Message
    public let algorithm: IntegrityAlgorithm
    /// For the answer, which is protected by the same key.
    public let key: IntegrityKey
}

/// Why a message is not authentic.
public enum IntegrityError: Error, Hashable, Sendable {
    /// Neither MESSAGE-INTEGRITY nor MESSAGE-INTEGRITY-SHA256 is there.
    case absent
    /// The code does not match: another key, or changed on the way.
    case mismatch
}

extension Message {
    /// Checks the strongest integrity attribute that is there (RFC 8489 §9.1.3, §9.2.4).
    public func authenticated(with key: IntegrityKey) throws(IntegrityError) -> AuthenticatedMessage {
        for algorithm in [IntegrityAlgorithm.sha256, .sha1] {
            guard let attribute = raw(algorithm.attributeType) else { continue }
            let code = MessageIntegrity.compute(
                algorithm, over: bytes[..<attribute.offset], attributeOctets: attribute.value.count, key: key)
            // A truncated SHA-256 code is compared in the length that was sent, 16 octets at the least (§14.6).
            guard MessageIntegrity.areEqual(code.prefix(attribute.value.count), attribute.value) else {
                throw .mismatch
            }
            return AuthenticatedMessage(message: self, algorithm: algorithm, key: key)
        }
        throw .absent
    }
}
