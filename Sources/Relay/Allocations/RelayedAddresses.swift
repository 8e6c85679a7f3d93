import NetPrimitives

/// A relayed transport address, with a time-to-expiry of its own: in a dual allocation each can be refreshed or
/// deleted alone (RFC 8656 §8.1).
struct RelayedAddress: Sendable {
    let port: RelayedPort
    /// What peers see.
    let address: TransportAddress
    var expiresAt: Instant
}

/// The relayed addresses of an allocation: one, or in a dual allocation one of each family (RFC 8656 §3.2).
struct RelayedAddresses: Sendable {
    private var ipv4: RelayedAddress?
    private var ipv6: RelayedAddress?

    subscript(family: IPAddress.Family) -> RelayedAddress? {
        get {
            switch family {
            case .ipv4: ipv4
            case .ipv6: ipv6
            }
        }
        set {
            switch family {
            case .ipv4: ipv4 = newValue
            case .ipv6: ipv6 = newValue
            }
        }
    }

    /// IPv4 first.
    var all: [RelayedAddress] { [ipv4, ipv6].compactMap(\.self) }
    var families: [IPAddress.Family] { all.map(\.address.family) }
    var isEmpty: Bool { ipv4 == nil && ipv6 == nil }

    /// The one of a port.
    func address(of port: RelayedPort) -> RelayedAddress? {
        if let ipv4, ipv4.port == port { return ipv4 }
        if let ipv6, ipv6.port == port { return ipv6 }
        return nil
    }

    /// When the first of them ends.
    var nextExpiry: Instant? { .earliest(ipv4?.expiresAt, ipv6?.expiresAt) }
    /// When the last of them ends, and the allocation with it.
    var lastExpiry: Instant { max(ipv4?.expiresAt ?? .distantPast, ipv6?.expiresAt ?? .distantPast) }
}

extension Instant {
    fileprivate static let distantPast = Instant(nanoseconds: .min)
}
