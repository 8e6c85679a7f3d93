public import NetPrimitives

/// Whom a relayed address is charged to, from before it is opened until it is closed: a user, and where the client is.
public struct QuotaHolder: Hashable, Sendable {
    public let user: String
    /// An IPv4 address, or the first of an IPv6 /64: a host has all of that (RFC 7421 §1).
    public let source: IPAddress

    public init(user: String, client: IPAddress) {
        self.user = user
        switch client.unmapped {
        case .v4(let bits): source = .v4(bits)
        case .v6(let high, _): source = .v6(high, 0)
        }
    }
}
