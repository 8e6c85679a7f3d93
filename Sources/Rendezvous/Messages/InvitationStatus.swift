/// How an invitation stands, as its owner alone may know.
public struct InvitationStatus: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// A helper who comes now meets the sharer.
        case open
        /// It is good, and its sharer is not connected: nobody would be met.
        case away
        /// All its uses are taken, and a session that began with it goes on.
        case inUse = "in-use"
        case used, expired, burnt, revoked
    }

    public var state: State
    public var expires: UnixTime

    public init(state: State, expires: UnixTime) {
        self.state = state
        self.expires = expires
    }
}

extension InvitationStatus.State {
    public init(_ reason: ClosedReason) {
        switch reason {
        case .used: self = .used
        case .expired: self = .expired
        case .burnt: self = .burnt
        case .revoked: self = .revoked
        }
    }

    /// Whether nobody can come by it any more, whatever happens.
    public var isOver: Bool {
        switch self {
        case .open, .away: false
        case .inUse, .used, .expired, .burnt, .revoked: true
        }
    }
}
