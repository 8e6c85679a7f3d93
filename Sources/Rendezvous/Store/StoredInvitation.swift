/// An invitation as the relay keeps it: nothing of its secrets.
public struct StoredInvitation: Sendable, Hashable {
    public enum State: String, Sendable, Hashable {
        case open, burnt, revoked
    }

    public var lookup: Lookup
    /// Names it in TURN user names and logs, without telling where it waits; 16 hexadecimal digits.
    public var label: String
    /// SHA-256 of the owner's token.
    public var ownerDigest: [UInt8]
    /// The address prefix it came from, for quotas.
    public var source: String
    public var created: UnixTime
    public var expires: UnixTime
    public var ceiling: Ceiling
    /// How many helpers may use it, and how many have.
    public var allowedUses: Int
    public var uses: Int
    public var state: State
    /// The node where its sharer waits, or did last; nil where a relay is alone.
    public var home: RelayURL?
    /// How often its sharer has said where they wait: so a move that was thought out before the last one is told from a later one, also
    /// when the invitation is at the same node again.
    public var moves: Int

    public init(
        lookup: Lookup, label: String, ownerDigest: [UInt8], source: String, created: UnixTime, expires: UnixTime,
        ceiling: Ceiling, allowedUses: Int, uses: Int = 0, state: State = .open,
        home: RelayURL? = nil, moves: Int = 0
    ) {
        self.lookup = lookup
        self.label = label
        self.ownerDigest = ownerDigest
        self.source = source
        self.created = created
        self.expires = expires
        self.ceiling = ceiling
        self.allowedUses = allowedUses
        self.uses = uses
        self.state = state
        self.home = home
        self.moves = moves
    }

    /// Why nobody can use it at `time`; nil while somebody can.
    public func closedReason(at time: UnixTime) -> ClosedReason? {
        switch state {
        case .burnt: .burnt
        case .revoked: .revoked
        case .open: expires <= time ? .expired : uses >= allowedUses ? .used : nil
        }
    }
}
