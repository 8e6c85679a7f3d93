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
    ) throws(RelayErrorCode) {
        switch message {
        case .create(let terms): try create(terms, from: id, at: now, wallClock: wallClock)
        case .resume(let lookup, let owner): try resume(lookup, owner: owner, from: id, at: now)
        case .status(let lookup, let owner): try claim(.find(lookup), about: .status(lookup, owner: owner), from: id, at: now)
        case .extend(let lookup, let lifetime, let owner): try extend(lookup, lifetime: lifetime, owner: owner, from: id, at: now)
        case .close(let lookup, let owner): try close(lookup, owner: owner, from: id, at: now)
        case .burn(let lookup):
            _ = try owned(lookup, by: id)
            try ask(.burn(lookup), about: .burning(lookup), for: id, at: now)
        case .meet(let lookup): try meet(lookup, from: id, at: now)
        case .confirmed(let meeting):
            guard let parties = meetings[meeting], parties.side(of: id) == .sharer, parties.stage != .confirmed else { return }
            try ask(.recordUse(parties.lookup, at: wallClock), about: .confirmation(meeting, parties.lookup), for: id, at: now)
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
    ) throws(RelayErrorCode) {
        guard let connection = connections[id] else { return }
        guard mayInvite(id) else { throw refusal(.notAllowed, .notAllowed) }
        guard !isDraining else {
            let refusal = refusal(.draining, .busy)
            guard let other = anotherNode() else { throw refusal }
            return send(.elsewhere(other), to: id)
        }
        guard try lookupsOfSharer(connection).count < configuration.maximumInvitationsPerConnection
        else { throw refusal(.connection, .busy) }
        guard limiter.allows(.invitation, from: connection.source, at: now) else { throw refusal(.rate, .rateLimited) }
        let owner = Secret.random(count: 16, using: &random)
        let lifetime = min(terms.lifetime, configuration.longestLifetime)
        let invitation = StoredInvitation(
            lookup: .random(using: &random), label: Self.hex(UInt64.random(in: .min ... .max, using: &random)),
            ownerDigest: Digest.sha256(owner.exposed), source: connection.source.description, created: wallClock,
            expires: wallClock.advanced(bySeconds: lifetime),
            ceiling: terms.ceiling, allowedUses: min(terms.uses, configuration.maximumUses), home: fleet?.here)
        try draw(InvitationDraft(invitation: invitation, owner: owner, lifetime: lifetime), for: id, at: now)
    }

    /// The relay's policy, as it is now; a helper needs no permission.
    func mayInvite(_ id: ConnectionID) -> Bool {
        connections[id].map { configuration.letsInvite($0.address) } ?? false
    }

    private mutating func resume(
        _ lookup: Lookup, owner: Secret, from id: ConnectionID, at now: Instant
    ) throws(RelayErrorCode) {
        guard let connection = connections[id] else { return }
        _ = try lookupsOfSharer(connection)
        guard limiter.allows(.lookup, from: connection.source, at: now) else { throw .rateLimited }
        if isDraining, let other = anotherNode() { return send(.elsewhere(other), to: id) }
        try look(for: lookup, owner: owner, looks: 0, from: id, at: now)
    }

    private mutating func meet(_ lookup: Lookup, from id: ConnectionID, at now: Instant) throws(RelayErrorCode) {
        guard let connection = connections[id] else { return }
        guard case .undecided = connection.role else { throw .wrongState }
        guard limiter.allows(.lookup, from: connection.source, at: now) else {
            counters.lookups.count(.rateLimited)
            throw .rateLimited
        }
        // Asked whatever `waiting` holds, so that every answer takes the same steps.
        try ask(.find(lookup), about: .meeting(lookup), for: id, at: now)
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
