public import NetPrimitives
public import STUN

/// ICMP: why a datagram to a peer was dropped, as a router or the peer's host said (RFC 8656 §18.13).
public struct ICMP: Attribute, Hashable {
    public static let type = AttributeType.icmp
    /// Of ICMPv4 or ICMPv6, by the peer's family.
    public let icmpType: UInt8
    public let code: UInt8
    /// The next link's MTU in bytes where a packet was too big, else 0.
    public let errorData: UInt32

    /// - Parameter mtu: taken over where the type and code say that a packet was too big.
    public init(type: UInt8, code: UInt8, mtu: UInt32, family: IPAddress.Family) {
        icmpType = type
        self.code = code
        errorData = Self.isTooBig(type, code, family) ? mtu : 0
    }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        var reader = ByteReader(value)
        guard value.count == 8, (try? reader.skip(2)) != nil, let icmpType = try? reader.readUInt8(),
            let code = try? reader.readUInt8(), let errorData = try? reader.readUInt32()
        else { throw MalformedAttribute(Self.type) }
        self.icmpType = icmpType
        self.code = code
        self.errorData = errorData
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(UInt16(0))
        writer.write(icmpType)
        writer.write(code)
        writer.write(errorData)
    }

    /// Whether a server tells its client of it (§11.5): of ICMPv4 unreachable (3) and time exceeded (11), of ICMPv6
    /// unreachable (1), packet too big (2) and time exceeded (3).
    public func isRelayed(_ family: IPAddress.Family) -> Bool {
        switch family {
        case .ipv4: icmpType == 3 || icmpType == 11
        case .ipv6: (1...3).contains(icmpType)
        }
    }

    private static func isTooBig(_ type: UInt8, _ code: UInt8, _ family: IPAddress.Family) -> Bool {
        switch family {
        case .ipv4: type == 3 && code == 4
        case .ipv6: type == 2
        }
    }
}
