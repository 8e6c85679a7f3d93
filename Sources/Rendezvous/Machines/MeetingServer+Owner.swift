import NetPrimitives

// What an owner asks for from another connection than the one that waits: its token proves whose the invitation is.
//
// Whoever has no such token gets the answer of an invitation that there is not, after the same steps.

extension MeetingServer {
    /// The invitation, if the token is its owner's.
    func proven(_ found: StoredInvitation?, by token: Secret) -> StoredInvitation? {
        let digest = Digest.sha256(token.exposed)
        // Worked out and compared in any case.
        let isTheirs = Secret(found?.ownerDigest ?? [UInt8](repeating: 0, count: digest.count)) == Secret(digest)
        return isTheirs ? found : nil
    }

    /// Asks on behalf of whoever says that an invitation is theirs.
    ///
    /// - Throws: when the connection is a helper's, or its source has asked too often. That says nothing of the invitation.
    mutating func claim(
        _ request: InvitationRequest, about subject: StoreQuestion.Subject, from id: ConnectionID, at now: Instant
    ) throws(RelayErrorCode) {
        guard let connection = connections[id] else { return }
        _ = try lookupsOfSharer(connection)
        // Not as a look-up: neighbours who guess codes are to keep nobody from revoking.
        guard limiter.allows(.rejoin, from: connection.source, at: now) else { throw .rateLimited }
        try ask(request, about: subject, for: id, at: now)
    }

    /// - Parameter owner: nil on the connection that waits under it.
    mutating func extend(
        _ lookup: Lookup, lifetime: Int, owner: Secret?, from id: ConnectionID, at now: Instant
    ) throws(RelayErrorCode) {
        let subject = StoreQuestion.Subject.prolongation(lookup, lifetime: lifetime, owner: owner)
        if owner != nil { return try claim(.find(lookup), about: subject, from: id, at: now) }
        _ = try owned(lookup, by: id)
        try ask(.find(lookup), about: subject, for: id, at: now)
    }

    /// - Parameter owner: nil on the connection that waits under it.
    mutating func close(_ lookup: Lookup, owner: Secret?, from id: ConnectionID, at now: Instant) throws(RelayErrorCode) {
        if let owner { return try claim(.find(lookup), about: .closing(lookup, owner: owner), from: id, at: now) }
        _ = try owned(lookup, by: id)
        try ask(.revoke(lookup), about: .revocation(lookup), for: id, at: now)
    }

    // MARK: What the store has said

    mutating func tellStatus(_ lookup: Lookup, _ found: StoredInvitation?, owner: Secret, to id: ConnectionID, wallClock: UnixTime) {
        guard let invitation = proven(found, by: owner) else { return send(.gone, to: id) }
        if let node = nodeElsewhere(of: invitation) { return send(.elsewhere(node), to: id) }
        send(.status(lookup, status(of: invitation, at: wallClock)), to: id)
    }

    mutating func prolong(
        _ found: StoredInvitation?, lifetime: Int, owner: Secret?, for id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws(RelayErrorCode) {
        guard let invitation = owner.map({ proven(found, by: $0) }) ?? found else { return send(.gone, to: id) }
        if let node = nodeElsewhere(of: invitation) { return send(.elsewhere(node), to: id) }
        // An invitation that is there stays; more of it is as much as a new one.
        guard mayInvite(id) else { throw .notAllowed }
        if let reason = invitation.closedReason(at: wallClock) { return send(.closed(invitation.lookup, reason), to: id) }
        // A life is counted from its beginning, else it could be extended for ever. What was once allowed stays.
        let latest = invitation.created.advanced(bySeconds: configuration.longestLifetime)
        let expires = max(min(wallClock.advanced(bySeconds: lifetime), latest), invitation.expires)
        try ask(.extend(invitation.lookup, to: expires), about: .extended(invitation.lookup, to: expires), for: id, at: now)
    }

    /// - Parameter id: nil when nobody waits for the answer any more.
    mutating func tellExtended(_ lookup: Lookup, to expires: UnixTime, for id: ConnectionID?) {
        waiting[lookup]?.expires = expires
        send(.extended(lookup, expires: expires), to: id)
        if let sharer = waiting[lookup]?.sharer, sharer != id { send(.extended(lookup, expires: expires), to: sharer) }
    }

    mutating func close(
        _ found: StoredInvitation?, owner: Secret, for id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws(RelayErrorCode) {
        guard let invitation = proven(found, by: owner) else { return send(.gone, to: id) }
        if let node = nodeElsewhere(of: invitation) { return send(.elsewhere(node), to: id) }
        if let reason = invitation.closedReason(at: wallClock) { return send(.closed(invitation.lookup, reason), to: id) }
        try ask(.revoke(invitation.lookup), about: .revocation(invitation.lookup), for: id, at: now)
    }

    mutating func tellRevoked(_ lookup: Lookup, to id: ConnectionID?, at now: Instant) {
        let sharer = waiting[lookup]?.sharer
        closeInvitation(lookup, reason: .revoked, at: now)
        if sharer != id { send(.closed(lookup, .revoked), to: id) }
    }

    private func status(of invitation: StoredInvitation, at wallClock: UnixTime) -> InvitationStatus {
        let lookup = invitation.lookup
        let state: InvitationStatus.State =
            switch invitation.closedReason(at: wallClock) {
            case nil: waiting[lookup] == nil ? .away : .open
            case .used? where isInSession(lookup), .expired? where isInSession(lookup): .inUse
            case let reason?: InvitationStatus.State(reason)
            }
        return InvitationStatus(state: state, expires: invitation.expires)
    }

    private func isInSession(_ lookup: Lookup) -> Bool {
        meetings.values.contains { $0.lookup == lookup && $0.stage == .confirmed && $0.deserted == nil }
    }
}
