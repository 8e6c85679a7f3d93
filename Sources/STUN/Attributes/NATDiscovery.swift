// RFC 5780 §7: what a client asks to learn what its NAT does, and what it is answered. Of Binding alone.

public import NetPrimitives

/// CHANGE-REQUEST: the answer is to come from the server's other address, its other port, or both (RFC 5780 §7.2).
public struct ChangeRequest: Attribute, Hashable {
    public static let type = AttributeType.changeRequest
    private static let addressFlag: UInt8 = 0x04
    private static let portFlag: UInt8 = 0x02

    public let changesAddress: Bool
    public let changesPort: Bool

    public init(address: Bool, port: Bool) {
        changesAddress = address
        changesPort = port
    }

    /// The other 30 bits are the future's, and are not looked at.
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == 4, let flags = value.last else { throw MalformedAttribute(Self.type) }
        self.init(address: flags & Self.addressFlag != 0, port: flags & Self.portFlag != 0)
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.writeZeros(3)
        writer.write((changesAddress ? Self.addressFlag : 0) | (changesPort ? Self.portFlag : 0))
    }
}

/// RESPONSE-PORT: the answer is to go to this port of the address that asks (RFC 5780 §7.5).
public struct ResponsePort: Attribute, Hashable {
    public static let type = AttributeType.responsePort
    public let port: UInt16

    public init(_ port: UInt16) { self.port = port }

    /// "followed by 2 bytes of padding": some count them, some take them for the padding that every attribute has.
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == 2 || value.count == 4 else { throw MalformedAttribute(Self.type) }
        port = value.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) { writer.write(port) }
}

/// PADDING: octets that mean nothing and make a message long enough for fragments (RFC 5780 §7.6).
public struct Padding: Attribute, Hashable {
    public static let type = AttributeType.padding
    /// A whole message has less than 64 KiB.
    public static let maximumOctets = 65_000
    public let octetCount: Int

    /// More than `maximumOctets`, or fewer than none, are pulled to the nearest that the wire can carry.
    public init(octetCount: Int) { self.octetCount = min(max(octetCount, 0), Self.maximumOctets) }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count <= Self.maximumOctets else { throw MalformedAttribute(Self.type) }
        octetCount = value.count
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) { writer.writeZeros(octetCount) }
}

/// RESPONSE-ORIGIN: where the server sent the answer from (RFC 5780 §7.3).
public struct ResponseOrigin: AddressAttribute {
    public static let type = AttributeType.responseOrigin
    public let address: TransportAddress
    public init(_ address: TransportAddress) { self.address = address }
}

/// OTHER-ADDRESS: where an answer comes from when both are to change (RFC 5780 §7.4).
public struct OtherAddress: AddressAttribute {
    public static let type = AttributeType.otherAddress
    public let address: TransportAddress
    public init(_ address: TransportAddress) { self.address = address }
}
