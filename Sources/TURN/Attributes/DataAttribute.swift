public import NetPrimitives
public import STUN

/// DATA: the application data of a Send or Data indication; may be empty (RFC 8656 §18.4).
public struct DataAttribute: Attribute, Hashable {
    public static let type = AttributeType.data
    public let payload: ArraySlice<UInt8>

    public init(_ payload: ArraySlice<UInt8>) { self.payload = payload }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        payload = value
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) { writer.write(payload) }
}
