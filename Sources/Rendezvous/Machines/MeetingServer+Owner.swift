import NetPrimitives

// What an owner asks for from another connection than the one that waits: its token proves whose the invitation is.
//
// Whoever has no such token gets the answer of an invitation that there is not, after the same steps.

extension MeetingServer {
    /// The invitation, if the token is its owner's.
    mutating func invitation(_ lookup: Lookup, provenBy token: Secret) throws -> StoredInvitation? {
        let found = try store.find(lookup)
        let digest = Digest.sha256(token.exposed)
        // Worked out and compared in any case.
        let isTheirs = Secret(found?.ownerDigest ?? [UInt8](repeating: 0, count: digest.count)) == Secret(digest)
        return isTheirs ? found : nil
    }

    mutating func tellStatus(
        of lookup: Lookup, owner: Secret, to id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        guard let invitation = try claimed(lookup, by: owner, on: id, at: now) else { return send(.gone, to: id) }
        send(.status(lookup, status(of: invitation, at: wallClock)), to: id)
    }

    /// - Parameter owner: nil on the connection that waits under it.
    mutating func extend(
        _ lookup: Lookup, lifetime: Int, owner: Secret?, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        let found: StoredInvitation?
        if let owner {
            found = try claimed(lookup, by: owner, on: id, at: now)
        } else {
            _ = try owned(lookup, by: id)
            found = try store.find(lookup)
        }
        guard let invitation = found else { return send(.gone, to: id) }
        // An invitation that is there stays; more of it is as much as a new one.
        guard mayInvite(id) else { throw RelayErrorCode.notAllowed }
        if let reason = invitation.closedReason(at: wallClock) { return send(.closed(lookup, reason), to: id) }
        // A life is counted from its beginning, else it could be extended for ever. What was once allowed stays.
        let latest = invitation.created.advanced(bySeconds: configuration.longestLifetime)
        let expires = max(min(wallClock.advanced(bySeconds: lifetime), latest), invitation.expires)
        try store.extend(lookup, to: expires)
        waiting[lookup]?.expires = expires
        send(.extended(lookup, expires: expires), to: id)
        if let sharer = waiting[lookup]?.sharer, sharer != id { send(.extended(lookup, expires: expires), to: sharer) }
    }

    /// - Parameter owner: nil on the connection that waits under it.
    mutating func close(
        _ lookup: Lookup, owner: Secret?, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        if let owner {
            guard let invitation = try claimed(lookup, by: owner, on: id, at: now) else { return send(.gone, to: id) }
            if let reason = invitation.closedReason(at: wallClock) { return send(.closed(lookup, reason), to: id) }
        } else {
            _ = try owned(lookup, by: id)
        }
        try store.revoke(lookup)
        let sharer = waiting[lookup]?.sharer
        closeInvitation(lookup, reason: .revoked, at: now)
        if sharer != id { send(.closed(lookup, .revoked), to: id) }
    }

    /// - Throws: when the connection is a helper's, or its source has asked too often. That says nothing of the invitation.
    private mutating func claimed(
        _ lookup: Lookup, by token: Secret, on id: ConnectionID, at now: Instant
    ) throws -> StoredInvitation? {
        guard let connection = connections[id] else { return nil }
        _ = try lookupsOfSharer(connection)
        // Not as a look-up: neighbours who guess codes are to keep nobody from revoking.
        guard limiter.allows(.rejoin, from: connection.source, at: now) else { throw RelayErrorCode.rateLimited }
        return try invitation(lookup, provenBy: token)
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
