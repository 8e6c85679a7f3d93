import NetPrimitives

/// What the rendezvous has asked its store, for whom, and what it is to do with the answer.
struct StoreQuestion: Sendable {
    enum Subject: Sendable {
        case creation(InvitationDraft)
        case meeting(Lookup)
        case confirmation(MeetingID, Lookup)
        /// - Parameter looks: how often it has moved while we looked.
        case resumption(Lookup, owner: Secret, looks: Int)
        /// Its sharer waits here from now on, if it has not moved since we looked.
        case move(StoredInvitation, owner: Secret, looks: Int)
        case status(Lookup, owner: Secret)
        /// By its owner elsewhere; nil: on the connection that waits under it.
        case prolongation(Lookup, lifetime: Int, owner: Secret?)
        case extended(Lookup, to: UnixTime)
        case closing(Lookup, owner: Secret)
        case revocation(Lookup)
        case burning(Lookup)
        /// Nothing follows.
        case nothing
    }

    /// Looks for an invitation that moves meanwhile: its sharer is one, and asks one node after the other.
    static let maximumLooks = 4

    let subject: Subject
    /// Nil when nobody waits for the answer, or nobody does any more.
    var asker: ConnectionID?
    let since: Instant
}

/// An invitation that is to be made.
struct InvitationDraft: Sendable {
    var invitation: StoredInvitation
    let owner: Secret
    /// In seconds, as it was given.
    let lifetime: Int
    /// Look-ups that were drawn for it and belonged to others.
    var draws = 0
}
