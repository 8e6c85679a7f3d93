public import NetPrimitives

/// A transport address as three plain words: what tables and sockets compare and hash for every packet.
public struct PackedAddress: Hashable, Sendable, BitwiseCopyable {
    /// The upper half of an IPv6 address; 0 for IPv4.
    public let high: UInt64
    /// The lower half of an IPv6 address, or an IPv4 address as the number it spells.
    public let low: UInt64
    /// 4 or 6, 0 where there is no address, above the port's 16 bits; above both, what marks a stream's client.
    public let familyAndPort: UInt32

    /// No address at all.
    public static var none: PackedAddress { PackedAddress(family: 0, high: 0, low: 0, port: 0) }

    /// - Parameter family: 4 or 6.
    public init(family: UInt8, high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        familyAndPort = UInt32(family) << 16 | UInt32(port)
    }

    /// A client as routes know it: who comes over TCP is somebody else than who has the same port over UDP.
    public init(clientOf fiveTuple: FiveTuple) {
        let address = PackedAddress(fiveTuple.client)
        (high, low) = (address.high, address.low)
        familyAndPort = address.familyAndPort | (fiveTuple.transport == .tcp ? Self.streamMark : 0)
    }

    private static let streamMark: UInt32 = 1 << 24

    /// Whether it is a client over TCP or TLS.
    public var isStreamClient: Bool { familyAndPort & Self.streamMark != 0 }

    public init(_ address: TransportAddress) {
        switch address.ip {
        case .v4(let bits): self.init(family: 4, high: 0, low: UInt64(bits), port: address.port)
        case .v6(let high, let low): self.init(family: 6, high: high, low: low, port: address.port)
        }
    }

    public var family: UInt8 { UInt8(truncatingIfNeeded: familyAndPort >> 16) }
    public var port: UInt16 { UInt16(truncatingIfNeeded: familyAndPort) }
}

extension TransportAddress {
    /// nil when there is no address.
    public init?(_ packed: PackedAddress) {
        switch packed.family {
        case 4: self.init(ip: .v4(UInt32(truncatingIfNeeded: packed.low)), port: packed.port)
        case 6: self.init(ip: .v6(packed.high, packed.low), port: packed.port)
        default: return nil
        }
    }
}
