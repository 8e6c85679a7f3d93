// RFC 8656 §18.7 and §18.10: two neighbouring ports, for RTP and RTCP.

public import NetPrimitives
public import STUN

/// EVEN-PORT: asks for an even port, and perhaps to hold the next one for later.
public struct EvenPort: Attribute, Hashable {
    public static let type = AttributeType.evenPort
    /// The R bit.
    public let reservesNext: Bool

    public init(reservesNext: Bool) { self.reservesNext = reservesNext }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == 1, let bits = value.first else { throw MalformedAttribute(Self.type) }
        reservesNext = bits & 0x80 != 0
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(UInt8(reservesNext ? 0x80 : 0))
    }
}

/// RESERVATION-TOKEN: eight octets that name a port held for a later allocation.
public struct ReservationToken: IntegerAttribute, Hashable {
    public static let type = AttributeType.reservationToken
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}
