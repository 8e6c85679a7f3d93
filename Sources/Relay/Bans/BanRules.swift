public import NetPrimitives

/// Whom a relay serves no more: users, single credentials, and addresses.
public struct BanRules: Hashable, Sendable {
    /// Names as TURN has them: a user's, which covers all of their credentials; an invitation's, with its prefix `i-`; or
    /// `expiry:user`, which is one credential.
    public let users: Set<String>
    public let addresses: CIDRSet

    /// - Parameter blocks: of IPv4 as IPv4; none of mapped addresses.
    public init(users: Set<String> = [], addresses: some Sequence<CIDRBlock> = []) {
        self.users = users
        self.addresses = CIDRSet(addresses)
    }

    public var isEmpty: Bool { users.isEmpty && addresses.isEmpty }

    /// Whether nobody from there is served. A dual-stack socket's mapped address is the IPv4 one.
    public func cover(_ address: IPAddress) -> Bool { !addresses.isEmpty && addresses.contains(address.unmapped) }

    /// - Parameters:
    ///   - user: what quotas count by.
    ///   - username: what the request said, with the expiry of a time-limited credential.
    public func cover(user: String, username: String) -> Bool {
        !users.isEmpty && (users.contains(user) || users.contains(username))
    }
}
