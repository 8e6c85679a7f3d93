public import NetPrimitives

/// One kind of attribute: its type, and its value to bytes and back.
///
/// A value's bytes come without padding. Decoding is total: what is malformed throws.
public protocol Attribute: Sendable {
    static var type: AttributeType { get }

    /// `transactionID` is what XOR-MAPPED-ADDRESS and its kin are mixed with.
    init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute)

    func encode(into writer: inout ByteWriter, in transactionID: TransactionID)
}

/// An attribute that is an integer of fixed size in network byte order.
public protocol IntegerAttribute: Attribute {
    associatedtype Number: FixedWidthInteger & UnsignedInteger
    var value: Number { get }
    init(_ value: Number)
}

extension IntegerAttribute {
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == Number.bitWidth / 8 else { throw MalformedAttribute(Self.type) }
        self.init(value.reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) })
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            writer.write(UInt8(truncatingIfNeeded: value >> Number(shift)))
        }
    }
}

/// An attribute that says everything by being there.
public protocol FlagAttribute: Attribute {
    init()
}

extension FlagAttribute {
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.isEmpty else { throw MalformedAttribute(Self.type) }
        self.init()
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {}
}

/// An attribute that is text in UTF-8.
public protocol TextAttribute: Attribute {
    /// Octets at most: RFC 8489 bounds each in §14.
    static var maximumOctets: Int { get }
    var text: String { get }
    init(_ text: String)
}

extension TextAttribute {
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count <= Self.maximumOctets, let text = String(validating: value, as: UTF8.self) else {
            throw MalformedAttribute(Self.type)
        }
        self.init(text)
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(text.utf8.prefix(Self.maximumOctets))
    }
}
