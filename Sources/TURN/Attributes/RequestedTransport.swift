public import NetPrimitives
public import STUN

/// REQUESTED-TRANSPORT: the protocol between the relayed address and the peers (RFC 8656 §18.8).
public struct RequestedTransport: Attribute, Hashable {
    public static let type = AttributeType.requestedTransport
    /// IANA's protocol number as it came: what is not served is refused by policy, not by the codec.
    public let number: UInt8

    public init(number: UInt8) { self.number = number }
    public init(_ transport: TransportProtocol) { number = transport.rawValue }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == 4, let number = value.first else { throw MalformedAttribute(Self.type) }
        self.number = number
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(number)
        writer.writeZeros(3)
    }
}
