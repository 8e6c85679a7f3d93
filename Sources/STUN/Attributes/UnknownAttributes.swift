public import NetPrimitives

/// UNKNOWN-ATTRIBUTES: what a 420 did not understand (RFC 8489 §14.13).
public struct UnknownAttributes: Attribute {
    public static let type = AttributeType.unknownAttributes
    /// So many are listed at most, so that an answer never outgrows its request.
    public static let maximumListed = 16
    public let types: [AttributeType]

    public init(_ types: [AttributeType]) { self.types = Array(types.prefix(Self.maximumListed)) }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count.isMultiple(of: 2) else { throw MalformedAttribute(Self.type) }
        var reader = ByteReader(value)
        var types: [AttributeType] = []
        while let number = try? reader.readUInt16() { types.append(AttributeType(rawValue: number)) }
        self.types = types
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        for type in types { writer.write(type.rawValue) }
    }
}
