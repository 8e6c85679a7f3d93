public import NetPrimitives
public import STUN

/// MOBILITY-TICKET: empty asks for a ticket; what a server made of it is its own affair (RFC 8016 §3.3).
public struct MobilityTicket: Attribute, Hashable {
    public static let type = AttributeType.mobilityTicket
    public let octets: [UInt8]

    public init(_ octets: [UInt8] = []) { self.octets = octets }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        octets = Array(value)
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) { writer.write(octets) }
}

extension MobilityTicket: CustomStringConvertible {
    /// Whoever shows a ticket, and knows the password, has the allocation.
    public var description: String { "MobilityTicket(<redacted>)" }
}
