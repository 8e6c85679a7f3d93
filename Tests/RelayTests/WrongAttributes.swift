import NetPrimitives
import STUN

/// An attribute that a receiver must understand, and that nobody does.
struct Unknown: FlagAttribute {
    static let type = AttributeType(rawValue: 0x7FF0)
}

/// An attribute of three bytes where its type wants another number.
struct WrongSize<Kind: Attribute>: Attribute {
    static var type: AttributeType { Kind.type }
    init() {}
    init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {}
    func encode(into writer: inout ByteWriter, in transactionID: TransactionID) { writer.write([1, 2, 3]) }
}
