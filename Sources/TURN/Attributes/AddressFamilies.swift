// RFC 8656 §18.6, §18.11 and §18.12: which family a relayed address is of.

public import NetPrimitives
public import STUN

/// An attribute that is a family's number and three octets that mean nothing.
public protocol AddressFamilyAttribute: Attribute {
    /// The number as it came: one that is not in `IPAddress.Family` is refused by policy, not by the codec.
    var number: UInt8 { get }
    init(number: UInt8)
}

extension AddressFamilyAttribute {
    public init(_ family: IPAddress.Family) { self.init(number: family.rawValue) }

    public var family: IPAddress.Family? { IPAddress.Family(rawValue: number) }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == 4, let number = value.first else { throw MalformedAttribute(Self.type) }
        self.init(number: number)
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(number)
        writer.writeZeros(3)
    }
}

/// REQUESTED-ADDRESS-FAMILY: the family that the client wants.
public struct RequestedAddressFamily: AddressFamilyAttribute, Hashable {
    public static let type = AttributeType.requestedAddressFamily
    public let number: UInt8
    public init(number: UInt8) { self.number = number }
}

/// ADDITIONAL-ADDRESS-FAMILY: IPv6, for a client that wants both in one allocation.
public struct AdditionalAddressFamily: AddressFamilyAttribute, Hashable {
    public static let type = AttributeType.additionalAddressFamily
    public let number: UInt8
    public init(number: UInt8) { self.number = number }
}

/// ADDRESS-ERROR-CODE: why one of the two families was not allocated.
public struct AddressErrorCode: Attribute, Hashable {
    public static let type = AttributeType.addressErrorCode
    public let family: IPAddress.Family
    public let error: ErrorCode

    public init(_ family: IPAddress.Family, _ error: ErrorCode) {
        self.family = family
        self.error = error
    }

    /// The family, then what ERROR-CODE holds behind its first octet.
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard let first = value.first, let family = IPAddress.Family(rawValue: first),
            let error = try? ErrorCode(decoding: value, in: transactionID)
        else { throw MalformedAttribute(Self.type) }
        self.family = family
        self.error = error
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        var code = ByteWriter()
        error.encode(into: &code, in: transactionID)
        writer.write(family.rawValue)
        writer.write(code.bytes.dropFirst())
    }
}
