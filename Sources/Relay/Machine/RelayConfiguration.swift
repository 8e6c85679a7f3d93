public import STUN

/// What an operator decides about a relay; can be replaced while it runs, without dropping an allocation.
public struct RelayConfiguration: Sendable {
    /// The realm of the long-term credentials (RFC 8489 §9.2). 8 octets keep a 401 within 3.2 times a bare Allocate.
    public var realm: String
    public var users: UserDirectory
    /// What a 401 offers beside RFC 5389's mechanism: PASSWORD-ALGORITHMS makes it 28 octets longer, and the nonce's
    /// cookie alone 16. Username anonymity is for those of `users` that have a password, as a hash tells nothing of a
    /// name that was never seen; a client that follows RFC 8489 then offers nothing else.
    public var securityFeatures: SecurityFeatures = []
    public var peerPolicy: PeerPolicy
    /// Whom nothing is served. Their addresses are no peers either: that is `peerPolicy`'s to know.
    public var bans = BanRules()
    /// False refuses new allocations, with 300 or 508: the relay is being drained.
    public var acceptsAllocations = true
    /// False refuses TCP relayed addresses (RFC 6062) with 442.
    public var servesTCPAllocations = true
    /// Where new allocations are sent while none is accepted (300); without an address of the client's family, 508.
    public var alternateServer = AlternateServers()
    /// From where else Bindings are answered (RFC 5780); nil: from where they were asked, and no more is said.
    public var natDiscovery: NATDiscovery?
    /// How much is relayed per second.
    public var traffic = TrafficLimits()
    /// False refuses tickets (RFC 8016) with 405.
    public var servesMobility = true

    public init(realm: String, users: UserDirectory, peerPolicy: PeerPolicy) {
        self.realm = realm
        self.users = users
        self.peerPolicy = peerPolicy
    }
}

extension RelayConfiguration {
    var namesByHash: [Userhash: String] {
        securityFeatures.contains(.usernameAnonymity) ? users.namesByHash(realm: realm) : [:]
    }
}

/// The times of RFC 8656, in one place.
enum RelayTimes {
    /// §3.2: "The default lifetime is 10 minutes."
    static let defaultLifetime: UInt32 = 600
    /// §7.2: "a maximum allowed lifetime value of no more than 3600 seconds".
    static let maximumLifetime: UInt32 = 3600
    /// §9: "The Permission Lifetime MUST be 300 seconds".
    static let permission = Duration.seconds(300)
    /// §12: "A channel binding lasts for 10 minutes unless refreshed."
    static let channel = Duration.seconds(600)
}
