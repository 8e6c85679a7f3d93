import NetPrimitives

// What is done with a sharer's and a helper's invitation once the store has told of it.

extension MeetingServer {
    /// Asks the store to keep an invitation.
    mutating func draw(_ draft: InvitationDraft, for id: ConnectionID, at now: Instant) throws(RelayErrorCode) {
        let bounds = InvitationBounds(
            perSource: configuration.maximumInvitationsPerSource, total: configuration.maximumInvitations)
        try ask(.create(draft.invitation, within: bounds), about: .creation(draft), for: id, at: now)
    }

    mutating func conclude(
        _ draft: InvitationDraft, _ creation: InvitationCreation, for id: ConnectionID?, at now: Instant, wallClock: UnixTime
    ) throws(RelayErrorCode) {
        let invitation = draft.invitation
        guard let id, let connection = connections[id], !connection.isClosing else {
            // Nobody knows its owner's token.
            if creation == .created { try ask(.revoke(invitation.lookup), about: .nothing, for: nil, at: now) }
            return
        }
        switch creation {
        case .created: break
        case .sourceIsFull: throw refusal(.source, .busy)
        case .storeIsFull: throw refusal(.total, .busy)
        case .taken:
            // Of 2³⁰ look-ups at most 10⁵ are taken: eight draws in a row do not fail by chance.
            var next = draft
            next.draws += 1
            guard next.draws < 8 else { throw refusal(.total, .busy) }
            next.invitation.lookup = .random(using: &random)
            return try draw(next, for: id, at: now)
        }
        wait(under: invitation, on: id, lookups: try lookupsOfSharer(connection))
        counters.invitationsCreated &+= 1
        send(
            .created(
                invitation.lookup, owner: draft.owner, expires: invitation.expires, uses: invitation.allowedUses,
                turn: credentials(label: invitation.label, wallClock: wallClock), lifetime: draft.lifetime), to: id)
    }

    /// Counts why there is no new invitation.
    mutating func refusal(_ refusal: MeetingCounters.InvitationRefusal, _ code: RelayErrorCode) -> RelayErrorCode {
        counters.invitationsRefused.count(refusal)
        return code
    }

    /// Looks for an invitation that is to be resumed here.
    mutating func look(
        for lookup: Lookup, owner: Secret, looks: Int, from id: ConnectionID, at now: Instant
    ) throws(RelayErrorCode) {
        guard looks < StoreQuestion.maximumLooks else { throw .unavailable }
        try ask(.find(lookup), about: .resumption(lookup, owner: owner, looks: looks), for: id, at: now)
    }

    mutating func resume(
        _ lookup: Lookup, _ found: StoredInvitation?, owner: Secret, looks: Int, from id: ConnectionID, at now: Instant,
        wallClock: UnixTime
    ) throws(RelayErrorCode) {
        guard var invitation = proven(found, by: owner) else { return send(.gone, to: id) }
        if let reason = invitation.closedReason(at: wallClock) { return send(.closed(lookup, reason), to: id) }
        guard let found, let here = fleet?.here else { return try settle(invitation, on: id, at: now, wallClock: wallClock) }
        // Also when it is here already: another node may have looked before, for a sharer who has given up on it, and is to come too late.
        invitation.home = here
        invitation.moves += 1
        try ask(.move(found, to: here), about: .move(invitation, owner: owner, looks: looks), for: id, at: now)
    }

    /// Lets its sharer wait under an invitation on this connection, and on no other any more.
    mutating func settle(
        _ invitation: StoredInvitation, on id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws(RelayErrorCode) {
        guard let connection = connections[id] else { return }
        let lookup = invitation.lookup
        var lookups = try lookupsOfSharer(connection)
        if let before = waiting[lookup]?.sharer {
            // The connection it had is dead and has not noticed, or is this one.
            stopWaiting(lookup)
            // The meetings that it had a seat in are still to be rejoined.
            for (meeting, parties) in meetings
            where parties.sharer.connection == before && parties.lookup == lookup && parties.sharer.key == nil {
                end(meeting, tellHelper: .peerLeft(meeting), tellSharer: .peerLeft(meeting), at: now)
            }
            if before == id { lookups.remove(lookup) }
        }
        guard lookups.count < configuration.maximumInvitationsPerConnection else { throw .busy }
        wait(under: invitation, on: id, lookups: lookups)
        send(
            .resumed(
                lookup, expires: invitation.expires, uses: invitation.allowedUses - invitation.uses,
                turn: credentials(label: invitation.label, wallClock: wallClock)), to: id)
    }

    mutating func meet(
        _ lookup: Lookup, _ found: StoredInvitation?, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws(RelayErrorCode) {
        guard case .undecided? = connections[id]?.role else { throw .wrongState }
        if let found, found.closedReason(at: wallClock) == nil, let node = nodeElsewhere(of: found) {
            connections[id]?.role = .undecided(since: now)
            counters.lookups.count(.elsewhere)
            return send(.elsewhere(node), to: id)
        }
        if waiting[lookup] == nil, let found, found.closedReason(at: wallClock) == nil, isLost(found) || isOnTheWay(found, at: now) {
            // Its sharer takes it to another node in a moment: whoever has the right code is not told that it is wrong.
            connections[id]?.role = .undecided(since: now)
            counters.lookups.count(.unavailable)
            throw .unavailable
        }
        guard let found, found.closedReason(at: wallClock) == nil, let (sharer, label) = waiting[lookup].map({ ($0.sharer, $0.label) })
        else {
            connections[id]?.role = .undecided(since: now)
            counters.lookups.count(.gone)
            return send(.gone, to: id)
        }
        guard let handshakes = waiting[lookup]?.handshakes.count,
            handshakes < configuration.maximumHandshakesPerInvitation
        else {
            counters.lookups.count(.busy)
            throw .busy
        }
        counters.lookups.count(.met)
        let meeting = MeetingID.random(using: &random)
        meetings[meeting] = Meeting(
            lookup: lookup, label: label, sharer: Meeting.Seat(connection: sharer), helper: Meeting.Seat(connection: id),
            stage: .handshake(since: now, fromHelper: 0, fromSharer: 0))
        waiting[lookup]?.handshakes.insert(meeting)
        connections[id]?.role = .helper(meeting)
        send(.helperArrived(lookup, meeting), to: sharer)
        send(.met(meeting), to: id)
    }

    mutating func confirm(
        _ meeting: MeetingID, under lookup: Lookup, _ use: InvitationUse, at now: Instant, wallClock: UnixTime
    ) {
        switch use {
        case .closed(let reason):
            end(meeting, tellHelper: .gone, tellSharer: .peerLeft(meeting), at: now)
            closeInvitation(lookup, reason: reason, at: now)
        case .counted(let invitation):
            // The helper may have left meanwhile: its use is counted, for it had the secret.
            if let helper = meetings[meeting]?.helper.connection {
                meetings[meeting]?.stage = .confirmed
                counters.confirmed &+= 1
                waiting[lookup]?.handshakes.remove(meeting)
                if let turn = credentials(label: invitation.label, wallClock: wallClock) { send(.credentials(meeting, turn), to: helper) }
            }
            if invitation.uses >= invitation.allowedUses { closeInvitation(lookup, reason: .used, at: now) }
        }
    }
}
