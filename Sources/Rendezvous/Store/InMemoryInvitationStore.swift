/// Invitations that last as long as the process: for tests, and for a relay that may forget.
public struct InMemoryInvitationStore: InvitationStore {
    private var invitations: [Lookup: StoredInvitation] = [:]

    public init() {}

    public mutating func create(_ invitation: StoredInvitation, within bounds: InvitationBounds) -> InvitationCreation {
        guard openCount(source: invitation.source, at: invitation.created) < bounds.perSource else { return .sourceIsFull }
        guard openCount(source: nil, at: invitation.created) < bounds.total else { return .storeIsFull }
        guard invitations[invitation.lookup] == nil else { return .taken }
        invitations[invitation.lookup] = invitation
        return .created
    }

    public func find(_ lookup: Lookup) -> StoredInvitation? { invitations[lookup] }

    public mutating func recordUse(_ lookup: Lookup, at time: UnixTime) -> InvitationUse {
        guard var invitation = invitations[lookup] else { return .closed(.expired) }
        if let reason = invitation.closedReason(at: time) { return .closed(reason) }
        invitation.uses += 1
        invitations[lookup] = invitation
        return .counted(invitation)
    }

    public mutating func burn(_ lookup: Lookup) { invitations[lookup]?.state = .burnt }
    public mutating func revoke(_ lookup: Lookup) { invitations[lookup]?.state = .revoked }
    public mutating func extend(_ lookup: Lookup, to expires: UnixTime) { invitations[lookup]?.expires = expires }
    public mutating func move(_ found: StoredInvitation, to home: RelayURL) -> Bool {
        guard var invitation = invitations[found.lookup], invitation.home == found.home, invitation.moves == found.moves else { return false }
        invitation.home = home
        invitation.moves += 1
        invitations[found.lookup] = invitation
        return true
    }

    public mutating func purge(expiredAt time: UnixTime) {
        invitations = invitations.filter { $0.value.expires > time }
    }

    /// How many can still be used: of one source, or of all when it is nil.
    public func openCount(source: String?, at time: UnixTime) -> Int {
        invitations.values.count { invitation in
            invitation.closedReason(at: time) == nil && (source == nil || invitation.source == source)
        }
    }
}
