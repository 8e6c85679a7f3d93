// RFC 8489 §14.1 and §14.2: MAPPED-ADDRESS, XOR-MAPPED-ADDRESS, and the coding that their kin share.

public import NetPrimitives

/// An attribute that is a transport address in clear (RFC 8489 §14.1).
public protocol AddressAttribute: Attribute {
    var address: TransportAddress { get }
    init(_ address: TransportAddress)
}

extension AddressAttribute {
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard let address = AddressCoding.decode(value) else { throw MalformedAttribute(Self.type) }
        self.init(address)
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        AddressCoding.encode(address, into: &writer)
    }
}

/// MAPPED-ADDRESS: the address in clear, for clients of RFC 3489; NATs are known to rewrite it.
public struct MappedAddress: AddressAttribute {
    public static let type = AttributeType.mappedAddress
    public let address: TransportAddress
    public init(_ address: TransportAddress) { self.address = address }
}

/// An attribute that is a transport address, XORed with the cookie and the transaction (RFC 8489 §14.2).
public protocol XORAddressAttribute: Attribute {
    var address: TransportAddress { get }
    init(_ address: TransportAddress)
}

extension XORAddressAttribute {
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard let address = AddressCoding.decode(value) else { throw MalformedAttribute(Self.type) }
        self.init(AddressCoding.xor(address, with: transactionID))
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        AddressCoding.encode(AddressCoding.xor(address, with: transactionID), into: &writer)
    }
}

/// XOR-MAPPED-ADDRESS: where the request came from, as the server saw it: the reflexive address.
public struct XORMappedAddress: XORAddressAttribute {
    public static let type = AttributeType.xorMappedAddress
    public let address: TransportAddress
    public init(_ address: TransportAddress) { self.address = address }
}

/// ALTERNATE-SERVER: where to ask instead, in clear (RFC 8489 §14.15).
public struct AlternateServer: AddressAttribute {
    public static let type = AttributeType.alternateServer
    public let address: TransportAddress
    public init(_ address: TransportAddress) { self.address = address }
}

enum AddressCoding {
    /// A zero octet, the family, the port, the address (RFC 8489 §14.1, figure 5).
    static func decode(_ value: ArraySlice<UInt8>) -> TransportAddress? {
        guard value.count >= 4, let family = IPAddress.Family(rawValue: value[value.startIndex + 1]),
            value.count == 4 + family.octetCount, let ip = IPAddress(octets: value.dropFirst(4))
        else { return nil }
        let port = UInt16(value[value.startIndex + 2]) << 8 | UInt16(value[value.startIndex + 3])
        return TransportAddress(ip: ip, port: port)
    }

    static func encode(_ address: TransportAddress, into writer: inout ByteWriter) {
        writer.write(UInt8(0))
        writer.write(address.family.rawValue)
        writer.write(address.port)
        writer.write(address.ip.octets)
    }

    /// XOR is its own inverse, so one function serves both directions.
    static func xor(_ address: TransportAddress, with transactionID: TransactionID) -> TransportAddress {
        let port = address.port ^ UInt16(Message.magicCookie >> 16)
        switch address.ip {
        case .v4(let bits):
            return TransportAddress(ip: .v4(bits ^ Message.magicCookie), port: port)
        case .v6(let high, let low):
            let id = transactionID.octets
            let mask = id[..<4].reduce(UInt64(Message.magicCookie)) { $0 << 8 | UInt64($1) }
            return TransportAddress(
                ip: .v6(high ^ mask, low ^ id[4...].reduce(0) { $0 << 8 | UInt64($1) }), port: port)
        }
    }
}
