/// Where a relay keeps its invitations. Every call is synchronous and may throw what its database throws;
/// a call that throws has changed nothing.
public protocol InvitationStore: Sendable {
    /// Adds an invitation if the bounds let it, in one step. What is open is counted at the moment of its creation.
    mutating func create(_ invitation: StoredInvitation, within bounds: InvitationBounds) throws -> InvitationCreation
    mutating func find(_ lookup: Lookup) throws -> StoredInvitation?
    /// Counts one use if the invitation can be used at `time`, in one step.
    mutating func recordUse(_ lookup: Lookup, at time: UnixTime) throws -> InvitationUse
    /// Its secret was guessed at too often.
    mutating func burn(_ lookup: Lookup) throws
    /// Its owner closed it.
    mutating func revoke(_ lookup: Lookup) throws
    mutating func extend(_ lookup: Lookup, to expires: UnixTime) throws
    /// Its sharer waits at that node from now on, unless it was moved since: a move that comes late takes it from nobody, also where
    /// the invitation has come back to where it was. Whether it took, in one step.
    ///
    /// - Parameter found: as it was when whoever moves it looked. Its home is compared as well as its number of moves, which a release
    ///   of before does not count.
    mutating func move(_ found: StoredInvitation, to home: RelayURL) throws -> Bool
    /// Deletes what expired at `time` or before.
    mutating func purge(expiredAt time: UnixTime) throws
}

/// How many invitations may be open and not expired: of one source, and in all.
///
/// Several nodes that ask at once may go beyond them by as many as they have connections to the store; what is open in all is
/// counted every few seconds, and by what the node itself has made since.
public struct InvitationBounds: Hashable, Sendable {
    public var perSource: Int
    public var total: Int

    public init(perSource: Int, total: Int) {
        self.perSource = perSource
        self.total = total
    }
}

/// What became of an invitation that was to be created.
public enum InvitationCreation: Hashable, Sendable, CaseIterable {
    case created
    /// The look-up belongs to another one.
    case taken
    /// Its source has as many as it may have.
    case sourceIsFull
    /// The store has.
    case storeIsFull
}

/// What became of a use.
public enum InvitationUse: Hashable, Sendable {
    /// The invitation, with that use in it.
    case counted(StoredInvitation)
    /// Nobody can use it any more; expired, too, is one that is not there.
    case closed(ClosedReason)
}
