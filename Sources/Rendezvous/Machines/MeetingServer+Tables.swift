import NetPrimitives

// Who waits, who meets, and what is said to them.

extension MeetingServer {
    func owned(_ lookup: Lookup, by id: ConnectionID) throws(RelayErrorCode) -> Waiting {
        guard let invitation = waiting[lookup], invitation.sharer == id else { throw .wrongState }
        return invitation
    }

    func lookupsOfSharer(_ connection: Connection) throws(RelayErrorCode) -> Set<Lookup> {
        switch connection.role {
        case .undecided: []
        case .sharer(let lookups): lookups
        case .helper: throw .wrongState
        }
    }

    mutating func wait(under invitation: StoredInvitation, on id: ConnectionID, lookups: Set<Lookup>) {
        waiting[invitation.lookup] = Waiting(sharer: id, label: invitation.label, expires: invitation.expires)
        connections[id]?.role = .sharer(lookups.union([invitation.lookup]))
    }

    /// Helpers no longer find it. A sharer stays a sharer: it may invite again, or be in a meeting.
    mutating func stopWaiting(_ lookup: Lookup) {
        guard let invitation = waiting.removeValue(forKey: lookup),
            case .sharer(var lookups) = connections[invitation.sharer]?.role
        else { return }
        lookups.remove(lookup)
        connections[invitation.sharer]?.role = .sharer(lookups)
    }

    /// Ends an invitation and the handshakes under it; confirmed meetings go on.
    mutating func closeInvitation(_ lookup: Lookup, reason: ClosedReason, at now: Instant) {
        guard let invitation = waiting[lookup] else { return }
        stopWaiting(lookup)
        for meeting in invitation.handshakes {
            end(meeting, tellHelper: .gone, tellSharer: .peerLeft(meeting), at: now)
        }
        send(.closed(lookup, reason), to: invitation.sharer)
    }

    mutating func end(
        _ meeting: MeetingID, tellHelper: ServerMessage?, tellSharer: ServerMessage?, at now: Instant
    ) {
        guard let parties = meetings.removeValue(forKey: meeting) else { return }
        waiting[parties.lookup]?.handshakes.remove(meeting)
        clearSeats(of: parties)
        if let helper = parties.helper.connection { connections[helper]?.role = .undecided(since: now) }
        if let tellHelper { send(tellHelper, to: parties.helper.connection) }
        if let tellSharer { send(tellSharer, to: parties.sharer.connection) }
    }

    /// Ends a meeting because one side does not want it any more.
    mutating func leave(_ meeting: MeetingID, _ side: SealedChannel.Side, at now: Instant) {
        end(
            meeting, tellHelper: side == .helper ? nil : .peerLeft(meeting),
            tellSharer: side == .sharer ? nil : .peerLeft(meeting), at: now)
    }

    /// Tells the sharers who wait for somebody to go to another node, each once; those who are in a meeting when it is over.
    mutating func sendSharersAway() {
        guard anotherNode() != nil else { return }
        let busy = Set(meetings.values.flatMap { [$0.sharer.connection, $0.helper.connection] }.compactMap { $0 })
        for (id, connection) in connections where !connection.isSentAway && !busy.contains(id) {
            guard case .sharer(let lookups) = connection.role, !lookups.isEmpty, let other = anotherNode() else { continue }
            connections[id]?.isSentAway = true
            send(.elsewhere(other), to: id)
        }
    }

    /// Where somebody may be sent who is not to stay here; nil when there is no such node.
    mutating func anotherNode() -> RelayURL? { fleet?.another(using: &random) }

    /// Where the sharer of an invitation waits, when that is another node that lives.
    func nodeElsewhere(of invitation: StoredInvitation) -> RelayURL? {
        guard let fleet, let home = invitation.home, home != fleet.here, fleet.reaches(home) else { return nil }
        return home
    }

    /// Whether the node where its sharer waited is none of the fleet's any more, or is not known.
    func isLost(_ invitation: StoredInvitation) -> Bool {
        guard let fleet else { return false }
        return invitation.home.map { $0 != fleet.here && !fleet.reaches($0) } ?? true
    }

    /// Whether the sharer of an open invitation, who is to be here and is not, may be somewhere in a moment: this relay sends its sharers
    /// away, or has begun a moment ago and the invitation is older. (Of a fleet whose clocks are apart, by as much.)
    func isOnTheWay(_ invitation: StoredInvitation, at now: Instant) -> Bool {
        isDraining || start.map { now - $0.instant < Self.returnTime && invitation.created < $0.wallClock } ?? false
    }

    func credentials(label: String, wallClock: UnixTime) -> TURNCredentials? {
        issueCredentials(label, wallClock.advanced(bySeconds: configuration.credentialLifetime))
    }

    /// - Parameter id: nil for a side that is away, which hears nothing.
    mutating func send(_ message: ServerMessage, to id: ConnectionID?) {
        guard let id, let connection = connections[id], !connection.isClosing else { return }
        outputs.append(.send(message.text, to: id))
    }

    mutating func close(_ id: ConnectionID, saying code: RelayErrorCode) {
        send(.error(code), to: id)
        closeSilently(id)
    }

    /// The tables are cleaned when the driver says that the connection is closed.
    mutating func closeSilently(_ id: ConnectionID) {
        guard let connection = connections[id], !connection.isClosing else { return }
        connections[id]?.isClosing = true
        outputs.append(.close(id))
    }
}
