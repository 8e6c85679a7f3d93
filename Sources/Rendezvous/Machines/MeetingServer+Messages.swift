import NetPrimitives

// What each message of a client does.

extension MeetingServer {
    /// A share and a tag, and the room for a retry by a later version.
    static var handshakePayloads: Int { 4 }
    /// What a helper seals behind its tag comes on top.
    static var helperHandshakePayloads: Int { handshakePayloads + EarlyPayloads.maximumCount }
    /// In bytes: a sealed candidate, or a description with a long name.
    static var handshakePayloadSize: Int { 1024 }

    mutating func perform(
        _ message: ClientMessage, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        switch message {
        case .create(let terms): try create(terms, from: id, at: now, wallClock: wallClock)
        case .resume(let lookup, let owner): try resume(lookup, owner: owner, from: id, at: now, wallClock: wallClock)
        case .status(let lookup, let owner): try tellStatus(of: lookup, owner: owner, to: id, at: now, wallClock: wallClock)
        case .extend(let lookup, let lifetime, let owner):
            try extend(lookup, lifetime: lifetime, owner: owner, from: id, at: now, wallClock: wallClock)
        case .close(let lookup, let owner): try close(lookup, owner: owner, from: id, at: now, wallClock: wallClock)
        case .burn(let lookup):
            _ = try owned(lookup, by: id)
            try store.burn(lookup)
            counters.burnt &+= 1
            closeInvitation(lookup, reason: .burnt, at: now)
        case .meet(let lookup): try meet(lookup, from: id, at: now, wallClock: wallClock)
        case .confirmed(let meeting): try confirm(meeting, from: id, at: now, wallClock: wallClock)
        case .refuse(let meeting, let reason):
            // A meeting that ended meanwhile is no error: the messages crossed.
            guard meetings[meeting]?.side(of: id) == .sharer else { return }
            if reason == .wrongCode { counters.wrongGuesses &+= 1 }
            end(meeting, tellHelper: reason == .gone ? .gone : .refused(meeting, reason), tellSharer: nil, at: now)
        case .opaque(let meeting, let payload): forward(payload, in: meeting, from: id)
        case .leave(let meeting):
            guard let side = meetings[meeting]?.side(of: id) else { return }
            leave(meeting, side, at: now)
        case .seat(let meeting, let key): claim(meeting, key: key, from: id)
        case .rejoin(let meeting, let side, let number, let proof):
            try rejoin(meeting, side, number: number, proof: proof, from: id, at: now, wallClock: wallClock)
        }
    }

    private mutating func create(
        _ terms: InvitationTerms, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        guard let connection = connections[id] else { return }
        func refuse(_ refusal: MeetingCounters.InvitationRefusal, _ code: RelayErrorCode) -> RelayErrorCode {
            counters.invitationsRefused.count(refusal)
            return code
        }
        guard mayInvite(id) else { throw refuse(.notAllowed, .notAllowed) }
        guard !isDraining else { throw refuse(.draining, .busy) }
        let lookups = try lookupsOfSharer(connection)
        guard lookups.count < configuration.maximumInvitationsPerConnection else { throw refuse(.connection, .busy) }
        guard limiter.allows(.invitation, from: connection.source, at: now) else { throw refuse(.rate, .rateLimited) }
        let source = connection.source.description
        guard try store.openCount(source: source, at: wallClock) < configuration.maximumInvitationsPerSource
        else { throw refuse(.source, .busy) }
        guard try store.openCount(source: nil, at: wallClock) < configuration.maximumInvitations
        else { throw refuse(.total, .busy) }
        let owner = Secret.random(count: 16, using: &random)
        let lifetime = min(terms.lifetime, configuration.longestLifetime)
        var invitation = StoredInvitation(
            lookup: .random(using: &random), label: Self.hex(UInt64.random(in: .min ... .max, using: &random)),
            ownerDigest: Digest.sha256(owner.exposed), source: source, created: wallClock,
            expires: wallClock.advanced(bySeconds: lifetime),
            ceiling: terms.ceiling, allowedUses: min(terms.uses, configuration.maximumUses))
        // Of 2³⁰ look-ups at most 10⁵ are taken: eight draws in a row do not fail by chance.
        var draws = 1
        while try !store.create(invitation) {
            guard draws < 8 else { throw refuse(.total, .busy) }
            invitation.lookup = .random(using: &random)
            draws += 1
        }
        wait(under: invitation, on: id, lookups: lookups)
        counters.invitationsCreated &+= 1
        send(
            .created(
                invitation.lookup, owner: owner, expires: invitation.expires, uses: invitation.allowedUses,
                turn: credentials(label: invitation.label, wallClock: wallClock), lifetime: lifetime), to: id)
    }

    /// The relay's policy, as it is now; a helper needs no permission.
    func mayInvite(_ id: ConnectionID) -> Bool {
        connections[id].map { configuration.letsInvite($0.address) } ?? false
    }

    private mutating func resume(
        _ lookup: Lookup, owner: Secret, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        guard let connection = connections[id] else { return }
        var lookups = try lookupsOfSharer(connection)
        guard limiter.allows(.lookup, from: connection.source, at: now) else { throw RelayErrorCode.rateLimited }
        guard let invitation = try invitation(lookup, provenBy: owner) else { return send(.gone, to: id) }
        if let reason = invitation.closedReason(at: wallClock) { return send(.closed(lookup, reason), to: id) }
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
        guard lookups.count < configuration.maximumInvitationsPerConnection else { throw RelayErrorCode.busy }
        wait(under: invitation, on: id, lookups: lookups)
        send(
            .resumed(
                lookup, expires: invitation.expires, uses: invitation.allowedUses - invitation.uses,
                turn: credentials(label: invitation.label, wallClock: wallClock)), to: id)
    }

    private mutating func meet(
        _ lookup: Lookup, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        guard let connection = connections[id] else { return }
        guard case .undecided = connection.role else { throw RelayErrorCode.wrongState }
        guard limiter.allows(.lookup, from: connection.source, at: now) else {
            counters.lookups.count(.rateLimited)
            throw RelayErrorCode.rateLimited
        }
        // Asked whatever `waiting` holds, so that every answer takes the same steps.
        let invitation = try store.find(lookup)
        guard let invitation, invitation.closedReason(at: wallClock) == nil, let (sharer, label) = waiting[lookup].map({ ($0.sharer, $0.label) })
        else {
            connections[id]?.role = .undecided(since: now)
            counters.lookups.count(.gone)
            return send(.gone, to: id)
        }
        guard let handshakes = waiting[lookup]?.handshakes.count,
            handshakes < configuration.maximumHandshakesPerInvitation
        else {
            counters.lookups.count(.busy)
            throw RelayErrorCode.busy
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

    private mutating func confirm(
        _ meeting: MeetingID, from id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) throws {
        guard let parties = meetings[meeting], parties.side(of: id) == .sharer, parties.stage != .confirmed else { return }
        let lookup = parties.lookup
        guard let invitation = try store.recordUse(lookup, at: wallClock) else {
            end(meeting, tellHelper: .gone, tellSharer: .peerLeft(meeting), at: now)
            let reason = try store.find(lookup)?.closedReason(at: wallClock) ?? .expired
            return closeInvitation(lookup, reason: reason, at: now)
        }
        meetings[meeting]?.stage = .confirmed
        counters.confirmed &+= 1
        waiting[lookup]?.handshakes.remove(meeting)
        if let turn = credentials(label: invitation.label, wallClock: wallClock) {
            send(.credentials(meeting, turn), to: parties.helper.connection)
        }
        if invitation.uses >= invitation.allowedUses { closeInvitation(lookup, reason: .used, at: now) }
    }

    private mutating func forward(_ payload: String, in meeting: MeetingID, from id: ConnectionID) {
        guard var parties = meetings[meeting], let side = parties.side(of: id) else { return }
        let isHelper = side == .helper
        switch parties.stage {
        case .confirmed: break
        case .handshake(let since, var fromHelper, var fromSharer):
            if isHelper { fromHelper += 1 } else { fromSharer += 1 }
            guard fromHelper <= Self.helperHandshakePayloads, fromSharer <= Self.handshakePayloads,
                payload.utf8.count <= Self.handshakePayloadSize
            else { return send(.error(.wrongState), to: id) }
            parties.stage = .handshake(since: since, fromHelper: fromHelper, fromSharer: fromSharer)
            meetings[meeting] = parties
        }
        send(.opaque(meeting, payload: payload), to: parties[side.other].connection)
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
