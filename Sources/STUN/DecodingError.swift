/// Why bytes are not a STUN message (RFC 8489 §5, §6.3). The receiver drops them silently.
public enum DecodingError: Error, Hashable, Sendable {
    /// Fewer than the header's 20 bytes, or fewer than its length promises.
    case truncated
    /// The two topmost bits are set: another protocol of RFC 7983.
    case notSTUN
    /// No magic cookie: RFC 3489's protocol, or another one.
    case noMagicCookie
    /// The length is no multiple of four, or does not match the datagram.
    case badLength
    /// An attribute runs past the end of the message.
    case attributeTruncated(AttributeType)
    /// MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 or FINGERPRINT of the wrong size or at the wrong place.
    case misplaced(AttributeType)
    /// FINGERPRINT is there and does not match (RFC 8489 §6.3: silently discarded).
    case badFingerprint
}

/// Why one attribute's value is not what its type promises.
public struct MalformedAttribute: Error, Hashable, Sendable {
    public let type: AttributeType

    public init(_ type: AttributeType) { self.type = type }
}
