/// A STUN message as it arrived: well-formed, but by nobody in particular (RFC 8489 §5).
///
/// Only `authenticated(with:)` makes of it something that may change state.
public struct Message: Sendable {
    /// The value that every message carries in its second word (RFC 8489 §5).
    public static let magicCookie: UInt32 = 0x2112_A442
    /// Bytes before the first attribute.
    public static let headerSize = 20

    public let type: MessageType
    public let transactionID: TransactionID
    /// The attributes in the order of the wire, without those that RFC 8489 §14.5 to §14.7 has a
    /// receiver ignore: what stands behind MESSAGE-INTEGRITY is protected by nothing.
    public let attributes: [RawAttribute]
    /// The whole message: the integrity codes are computed over it.
    let bytes: [UInt8]

    public var messageClass: MessageClass { type.messageClass }
    public var method: Method { type.method }

    /// An attribute's type and its value, without the padding.
    public struct RawAttribute: Hashable, Sendable {
        public let type: AttributeType
        public let value: ArraySlice<UInt8>
        /// Where its type begins in the message.
        let offset: Int
    }

    /// Whether a datagram's first byte and length could be STUN's (RFC 7983 §7: 0 to 3).
    public static func looksLike(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count >= headerSize && bytes.first.map { $0 < 4 } == true
    }

    /// Decodes one datagram, or one message cut from a stream; its FINGERPRINT, when there, is checked.
    public init(decoding bytes: [UInt8]) throws(DecodingError) {
        guard bytes.count >= Self.headerSize else { throw .truncated }
        let wireType = Self.word(of: bytes, at: 0)
        guard wireType & 0xC000 == 0 else { throw .notSTUN }
        guard UInt32(Self.word(of: bytes, at: 4)) << 16 | UInt32(Self.word(of: bytes, at: 6)) == Self.magicCookie
        else { throw .noMagicCookie }
        let length = Int(Self.word(of: bytes, at: 2))
        guard length % 4 == 0 else { throw .badLength }
        guard bytes.count >= Self.headerSize + length else { throw .truncated }
        guard bytes.count == Self.headerSize + length, let transactionID = TransactionID(octets: bytes[8..<20])
        else { throw .badLength }
        self.type = MessageType(wireValue: wireType)
        self.transactionID = transactionID
        self.bytes = bytes
        attributes = try Self.decodeAttributes(of: bytes)
    }

    private static func decodeAttributes(of bytes: [UInt8]) throws(DecodingError) -> [RawAttribute] {
        var attributes: [RawAttribute] = []
        var protection: AttributeType?
        var offset = headerSize
        while offset < bytes.count {  // a multiple of four, so a type and a length are always there
            let type = AttributeType(rawValue: word(of: bytes, at: offset))
            let start = offset + 4
            let end = start + Int(word(of: bytes, at: offset + 2))
            let next = (end + 3) & ~3
            guard next <= bytes.count else { throw .attributeTruncated(type) }
            let attribute = RawAttribute(type: type, value: bytes[start..<end], offset: offset)
            switch (type, protection) {
            case (.fingerprint, _):
                guard end - start == 4, next == bytes.count else { throw .misplaced(type) }
                guard Fingerprint.isValid(attribute, in: bytes) else { throw .badFingerprint }
                attributes.append(attribute)
            case (.messageIntegrity, nil):
                guard end - start == 20 else { throw .misplaced(type) }
                attributes.append(attribute)
                protection = type
            case (.messageIntegritySHA256, nil), (.messageIntegritySHA256, .messageIntegrity?):
                guard (16...32).contains(end - start), (end - start) % 4 == 0 else { throw .misplaced(type) }
                attributes.append(attribute)
                protection = type
            case (_, nil):
                attributes.append(attribute)
            case (_, _?):
                break
            }
            offset = next
        }
        return attributes
    }

    private static func word(of bytes: [UInt8], at offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }
}

// MARK: - Reading attributes

extension Message {
    public func contains(_ type: AttributeType) -> Bool { raw(type) != nil }

    /// The first attribute of a type: of several, RFC 8489 §14 has only the first count.
    public func raw(_ type: AttributeType) -> RawAttribute? { attributes.first { $0.type == type } }

    /// The first attribute of a kind; nil when it is not there, an error when it is malformed.
    public func attribute<Kind: Attribute>(_ kind: Kind.Type) throws(MalformedAttribute) -> Kind? {
        guard let raw = raw(Kind.type) else { return nil }
        return try Kind(decoding: raw.value, in: transactionID)
    }

    /// The first attribute of a kind; nil when it is not there or malformed.
    public subscript<Kind: Attribute>(kind: Kind.Type) -> Kind? {
        guard let raw = raw(Kind.type) else { return nil }
        return try? Kind(decoding: raw.value, in: transactionID)
    }

    /// Types that a receiver must understand, that are not among `known`: each once, in order, and no more
    /// than an answer lists (RFC 8489 §6.3.1).
    public func unknownAttributes(knowing known: Set<AttributeType>) -> [AttributeType] {
        var unknown: [AttributeType] = []
        for type in attributes.lazy.map(\.type)
        where type.isComprehensionRequired && !known.contains(type) && !unknown.contains(type) {
            unknown.append(type)
            if unknown.count == UnknownAttributes.maximumListed { break }
        }
        return unknown
    }
}
