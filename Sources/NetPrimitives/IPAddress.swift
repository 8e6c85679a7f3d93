/// An IPv4 or IPv6 address, without a port and without a scope.
///
/// The text form is the dotted quad for IPv4 (RFC 791) and RFC 5952's canonical form for IPv6.
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address as the number it spells: 1.2.3.4 is `0x01020304`.
    case v4(UInt32)
    /// An IPv6 address as its upper and lower 64 bits, most significant bit first.
    case v6(UInt64, UInt64)

    /// The address family, with the numbers of STUN and TURN (RFC 8489 §14.1).
    public enum Family: UInt8, Sendable, Hashable, CaseIterable {
        case ipv4 = 0x01
        case ipv6 = 0x02

        /// Octets in an address of this family.
        public var octetCount: Int { self == .ipv4 ? 4 : 16 }
    }

    /// `0.0.0.0`: every local IPv4 address, as a listener names it.
    public static let anyV4 = IPAddress.v4(0)
    /// `::`: every local IPv6 address, as a listener names it.
    public static let anyV6 = IPAddress.v6(0, 0)
    /// `127.0.0.1`.
    public static let loopbackV4 = IPAddress.v4(0x7F00_0001)
    /// `::1`.
    public static let loopbackV6 = IPAddress.v6(0, 1)

    /// Makes an address of 4 or 16 octets in network byte order; nil for any other count.
    public init?(octets: some Collection<UInt8>) {
        switch octets.count {
        case 4:
            self = .v4(octets.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                octets.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        default:
            return nil
        }
    }

    public var family: Family {
        switch self {
        case .v4: .ipv4
        case .v6: .ipv6
        }
    }

    /// The address's 4 or 16 octets in network byte order.
    public var octets: [UInt8] {
        switch self {
        case .v4(let bits):
            (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) }
        case .v6(let high, let low):
            (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
                + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
        }
    }

    /// The IPv4 address inside an IPv4-mapped IPv6 one (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2);
    /// any other address as it is. Dual-stack sockets report IPv4 peers in the mapped form.
    public var unmapped: IPAddress {
        if case .v6(0, let low) = self, low >> 32 == 0xFFFF { return .v4(UInt32(truncatingIfNeeded: low)) }
        return self
    }

    /// Whether this is 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch unmapped {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// Whether this is 169.254.0.0/16 or fe80::/10, which mean nothing beyond one link.
    public var isLinkLocal: Bool {
        switch unmapped {
        case .v4(let bits): bits >> 16 == 0xA9FE
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6
        }
    }

    /// Whether this is 224.0.0.0/4 or ff00::/8.
    public var isMulticast: Bool {
        switch unmapped {
        case .v4(let bits): bits >> 28 == 0xE
        case .v6(let high, _): high >> 56 == 0xFF
        }
    }

    /// Whether this is 0.0.0.0 or ::, which Linux connects to itself.
    public var isUnspecified: Bool { unmapped == .anyV4 || self == .anyV6 }
}
