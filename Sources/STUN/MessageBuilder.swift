private import NetPrimitives

/// Writes a STUN message: attributes in the order of the calls, then integrity, then FINGERPRINT.
public struct MessageBuilder: Sendable {
    public let transactionID: TransactionID
    private var writer: ByteWriter

    public init(_ messageClass: MessageClass, _ method: Method, transactionID: TransactionID) {
        self.transactionID = transactionID
        writer = ByteWriter(reservingCapacity: 128)
        writer.write(MessageType(messageClass, method).wireValue)
        writer.write(UInt16(0))
        writer.write(Message.magicCookie)
        writer.write(transactionID.octets)
    }

    /// Octets so far: the header, and each attribute with its padding.
    public var octetCount: Int { writer.count }

    /// Appends an attribute, padded with zeros to a multiple of four bytes (RFC 8489 §14).
    public mutating func add(_ attribute: some Attribute) {
        writer.write(Swift.type(of: attribute).type.rawValue)
        let lengthOffset = writer.count
        writer.write(UInt16(0))
        attribute.encode(into: &writer, in: transactionID)
        let length = writer.count - lengthOffset - 2
        writer.overwrite(UInt16(truncatingIfNeeded: length), at: lengthOffset)
        writer.writeZeros((4 - length % 4) % 4)
    }

    /// The message's bytes.
    ///
    /// - Parameters:
    ///   - key: protects the message by `algorithm`; nil leaves it bare.
    ///   - fingerprint: appends FINGERPRINT, which ICE requires (RFC 8445 §7.1).
    public consuming func finish(
        key: IntegrityKey? = nil, algorithm: IntegrityAlgorithm = .sha1, fingerprint: Bool = false
    ) -> [UInt8] {
        if let key {
            let code = MessageIntegrity.compute(
                algorithm, over: writer.bytes[...], attributeOctets: algorithm.octetCount, key: key)
            writer.write(algorithm.attributeType.rawValue)
            writer.write(UInt16(code.count))
            writer.write(code)
        }
        let bodyLength = writer.count - Message.headerSize + (fingerprint ? 8 : 0)
        writer.overwrite(UInt16(truncatingIfNeeded: bodyLength), at: 2)
        if fingerprint {
            let code = Fingerprint.compute(over: writer.bytes[...])
            writer.write(AttributeType.fingerprint.rawValue)
            writer.write(UInt16(4))
            writer.write(code)
        }
        return writer.bytes
    }
}
