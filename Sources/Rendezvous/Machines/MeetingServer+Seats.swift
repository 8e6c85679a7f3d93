import NetPrimitives

// Whose connection is lost may come back: the seats of a confirmed meeting, and who sits on them.

extension MeetingServer {
    /// Remembers the key to a seat; the first one holds for as long as the meeting.
    mutating func claim(_ meeting: MeetingID, key: [UInt8], from id: ConnectionID) {
        guard let parties = meetings[meeting], parties.stage == .confirmed, let side = parties.side(of: id),
            parties[side].key == nil
        else { return }
        meetings[meeting]?[side].key = key
        send(.seated(meeting), to: id)
    }

    /// Keeps a meeting that one side's connection is lost to, if it may be kept. Whoever is still there hears of a connection
    /// that was closed; of one that fell silent it hears nothing, since nobody knows more.
    ///
    /// - Parameter source: where the connection came from.
    /// - Returns: false when the meeting is to end.
    mutating func keep(
        _ meeting: MeetingID, without side: SealedChannel.Side, from source: IPAddress, isSilent: Bool, at now: Instant
    ) -> Bool {
        guard var parties = meetings[meeting], parties.stage == .confirmed else { return false }
        let other = parties[side.other]
        let mayReturn = parties[side].key != nil
        // Nobody is left to hear of it: it takes two that may come back.
        guard other.connection != nil ? isSilent || mayReturn : mayReturn && other.key != nil else { return false }
        guard emptySeats[source, default: 0] < configuration.maximumHalfMeetingsPerSource,
            parties.isHalf || halfMeetings < configuration.maximumHalfMeetings
        else {
            // Whoever is there is not to suffer from how many others are away: of whom nobody knows more than that they are
            // silent, it hears nothing, and its own connection bounds such meetings.
            guard isSilent, other.connection != nil else { return false }
            clearSeats(of: parties)
            parties[side] = Meeting.Seat()
            meetings[meeting] = parties
            countSeats(of: parties)
            return true
        }
        clearSeats(of: parties)
        parties[side].connection = nil
        parties[side].awayFrom = source
        parties.deserted = other.connection == nil ? now : nil
        meetings[meeting] = parties
        countSeats(of: parties)
        if !isSilent { send(.peerLeft(meeting, mayReturn: mayReturn), to: other.connection) }
        return true
    }

    /// Gives a seat to the connection of whoever proves that it is theirs, whoever sits there now: that is a connection which
    /// is dead and has not noticed. What is no proof, or is an old one, gets the answer of a meeting that there is not.
    mutating func rejoin(
        _ meeting: MeetingID, _ side: SealedChannel.Side, number: UInt32, proof: [UInt8], from id: ConnectionID,
        at now: Instant, wallClock: UnixTime
    ) throws(RelayErrorCode) {
        guard let connection = connections[id] else { return }
        let role: Role
        switch (side, connection.role) {
        case (.helper, .undecided): role = .helper(meeting)
        case (.helper, .helper(meeting)): role = connection.role
        case (.sharer, .undecided): role = .sharer([])
        case (.sharer, .sharer): role = connection.role
        case (.helper, .helper), (.helper, .sharer), (.sharer, .helper): throw .wrongState
        }
        guard let parties = meetings[meeting], let key = parties[side].key, number > parties[side].number,
            SeatKey.verifies(proof, by: key, of: side, in: meeting, number: number)
        else {
            // What proves nothing is what costs: who has a seat is not to be kept out by neighbours who guess.
            guard limiter.allows(.rejoin, from: connection.source, at: now) else { throw .rateLimited }
            return send(.forgotten(meeting), to: id)
        }
        let before = parties[side].connection
        clearSeats(of: parties)
        meetings[meeting]?[side] = Meeting.Seat(connection: id, key: key, number: number)
        meetings[meeting]?.deserted = nil
        countSeats(of: meetings[meeting])
        connections[id]?.role = role
        if let before, before != id { dismiss(before, at: now) }
        send(.rejoined(meeting, turn: credentials(label: parties.label, wallClock: wallClock)), to: id)
    }

    /// A connection that somebody's next one has replaced goes, unless something else hangs on it.
    private mutating func dismiss(_ id: ConnectionID, at now: Instant) {
        switch connections[id]?.role {
        case .helper: connections[id]?.role = .undecided(since: now)
        case .sharer(let lookups):
            guard lookups.isEmpty, !meetings.values.contains(where: { $0.side(of: id) != nil }) else { return }
        case .undecided, nil: break
        }
        closeSilently(id)
    }

    /// The seats of a meeting count, as far as nobody sits on them.
    private mutating func countSeats(of meeting: Meeting?) {
        guard let meeting, meeting.isHalf else { return }
        halfMeetings += 1
        for source in [meeting.sharer.awayFrom, meeting.helper.awayFrom] {
            if let source { emptySeats[source, default: 0] += 1 }
        }
    }

    /// They count no more.
    mutating func clearSeats(of meeting: Meeting) {
        guard meeting.isHalf else { return }
        halfMeetings -= 1
        for source in [meeting.sharer.awayFrom, meeting.helper.awayFrom] {
            guard let source, let count = emptySeats[source] else { continue }
            emptySeats[source] = count > 1 ? count - 1 : nil
        }
    }
}
