/// What the sharer asks the relay for.
public struct InvitationTerms: Hashable, Sendable {
    /// Seconds until it expires; the relay may allow less.
    public var lifetime: Int
    /// How many helpers may use it.
    public var uses: Int
    public var ceiling: Ceiling

    public init(lifetime: Int = 3600, uses: Int = 1, ceiling: Ceiling = .control) {
        self.lifetime = lifetime
        self.uses = uses
        self.ceiling = ceiling
    }
}

/// What the sharer holds: one look-up with both secrets, and the token that proves to the relay whose it is.
public struct OwnedInvitation: Sendable, Equatable {
    public let lookup: Lookup
    let codeKey: InvitationKey
    let linkKey: InvitationKey
    /// The relay's proof of ownership, for coming back after a lost connection, and for asking from another one.
    public let owner: Secret
    public internal(set) var expires: UnixTime
    public let uses: Int
    public let ceiling: Ceiling

    public init(
        lookup: Lookup, owner: Secret, expires: UnixTime, uses: Int, ceiling: Ceiling,
        using random: inout some RandomNumberGenerator
    ) {
        self.lookup = lookup
        self.owner = owner
        self.expires = expires
        self.uses = uses
        self.ceiling = ceiling
        codeKey = .randomCode(using: &random)
        linkKey = .randomLink(using: &random)
    }

    /// The secret a helper of this kind must hold.
    public func key(_ kind: InvitationKey.Kind) -> InvitationKey {
        switch kind {
        case .code: codeKey
        case .link: linkKey
        }
    }

    public var code: InvitationCode { InvitationCode(lookup: lookup, key: codeKey) }

    /// The link; nil without HTTPS, which browsers need.
    public func link(relay: RelayURL) -> InvitationLink? {
        relay.isSecure ? InvitationLink(relay: relay, lookup: lookup, key: linkKey) : nil
    }

    public func file(relay: RelayURL, from: String?, message: String?) -> InvitationFile {
        InvitationFile(
            relay: relay, lookup: lookup, key: linkKey, from: from, expires: expires, ceiling: ceiling,
            message: message)
    }
}
