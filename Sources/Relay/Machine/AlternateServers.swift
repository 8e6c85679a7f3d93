public import NetPrimitives
import STUN

/// Where clients are sent while this relay takes no more: one address of each family, as a client is told first
/// of its own (RFC 8489 §10). Whoever listens there must serve the transports that this relay serves.
public struct AlternateServers: Hashable, Sendable {
    public let ipv4: TransportAddress?
    public let ipv6: TransportAddress?

    /// Takes the first address of each family.
    public init(_ addresses: [TransportAddress] = []) {
        ipv4 = addresses.first { $0.family == .ipv4 }
        ipv6 = addresses.first { $0.family == .ipv6 }
    }

    /// What a client is told: an address of its own family, without which it is told none, then one of the other.
    func addresses(for client: TransportAddress) -> [TransportAddress] {
        switch (client.ip.unmapped.family, ipv4, ipv6) {
        case (.ipv4, let first?, let second), (.ipv6, let second, let first?): [first, second].compactMap(\.self)
        case (.ipv4, nil, _), (.ipv6, _, nil): []
        }
    }
}
