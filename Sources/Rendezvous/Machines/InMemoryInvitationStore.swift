/// Invitations that last as long as the process: for tests, and for a relay that may forget.
public struct InMemoryInvitationStore: InvitationStore {
    private var invitations: [Lookup: StoredInvitation] = [:]

    public init() {}

    public mutating func create(_ invitation: StoredInvitation) -> Bool {
        guard invitations[invitation.lookup] == nil else { return false }
        invitations[invitation.lookup] = invitation
        return true
    }

    public func find(_ lookup: Lookup) -> StoredInvitation? { invitations[lookup] }

    public mutating func recordUse(_ lookup: Lookup, at time: UnixTime) -> StoredInvitation? {
        guard var invitation = invitations[lookup], invitation.closedReason(at: time) == nil else { return nil }
        invitation.uses += 1
        invitations[lookup] = invitation
        return invitation
    }

    public mutating func burn(_ lookup: Lookup) { invitations[lookup]?.state = .burnt }
    public mutating func revoke(_ lookup: Lookup) { invitations[lookup]?.state = .revoked }
    public mutating func extend(_ lookup: Lookup, to expires: UnixTime) { invitations[lookup]?.expires = expires }

    public mutating func purge(expiredAt time: UnixTime) {
        invitations = invitations.filter { $0.value.expires > time }
    }

    public func openCount(source: String?, at time: UnixTime) -> Int {
        invitations.values.count { invitation in
            invitation.closedReason(at: time) == nil && (source == nil || invitation.source == source)
        }
    }
}
