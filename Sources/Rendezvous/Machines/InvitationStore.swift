/// Where a relay keeps its invitations. Every call is synchronous and may throw what its database throws;
/// a call that throws has changed nothing.
public protocol InvitationStore: Sendable {
    /// Adds an invitation; false when the look-up is taken.
    mutating func create(_ invitation: StoredInvitation) throws -> Bool
    mutating func find(_ lookup: Lookup) throws -> StoredInvitation?
    /// Counts one use if the invitation can be used at `time`, in one step; the invitation afterwards, or
    /// nil when it could not.
    mutating func recordUse(_ lookup: Lookup, at time: UnixTime) throws -> StoredInvitation?
    /// Its secret was guessed at too often.
    mutating func burn(_ lookup: Lookup) throws
    /// Its owner closed it.
    mutating func revoke(_ lookup: Lookup) throws
    mutating func extend(_ lookup: Lookup, to expires: UnixTime) throws
    /// Deletes what expired at `time` or before.
    mutating func purge(expiredAt time: UnixTime) throws
    /// How many are open and not expired: of one source, or of all when it is nil.
    mutating func openCount(source: String?, at time: UnixTime) throws -> Int
}
