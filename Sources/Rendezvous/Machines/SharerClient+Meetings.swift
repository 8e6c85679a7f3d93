// Who comes, who proves the secret, who guesses: the sharer counts, whatever the relay says.

extension SharerClient {
    mutating func arrive(_ meeting: MeetingID, under lookup: Lookup) {
        guard invitation?.lookup == lookup, !meetings.contains(where: { $0.id == meeting }) else { return }
        if meetings.count >= Self.maximumMeetings {
            guard let oldest = meetings.first(where: { !$0.isVerified }) else {
                return send(.refuse(meeting, .declined))
            }
            drop(oldest.id, .refuse(oldest.id, .declined))
            events.append(.peerLeft(oldest.id))
        }
        meetings.append(SharerMeeting(id: meeting))
        events.append(.helperArrived(meeting))
    }

    mutating func receive(_ payload: String, in id: MeetingID) {
        guard let index = meetings.firstIndex(where: { $0.id == id }) else { return }
        switch meetings[index].receive(payload, invitation: invitation, using: &random) {
        case .none: return
        case .answer(let message): send(.opaque(id, payload: message.payload))
        case .verified(let kind, let answer, let claim): verified(id, kind, answer: answer, claim: claim)
        case .deliver(let payload): events.append(.payload(payload, from: id))
        case .returned(let answer):
            send(.opaque(id, payload: answer.payload))
            events.append(.peerReturned(id))
        case .reject: events.append(.payloadRejected(id))
        case .wrongSecret: wrongGuess(id)
        case .malformed:
            drop(id, .refuse(id, .declined))
            events.append(.peerLeft(id))
        }
    }

    private mutating func verified(
        _ id: MeetingID, _ kind: InvitationKey.Kind, answer: PeerMessage, claim: ClientMessage
    ) {
        guard case .open(let invitation, let usesLeft, let guessesLeft) = state else { return }
        send(.confirmed(id))
        send(.opaque(id, payload: answer.payload))
        send(claim)
        events.append(.helperVerified(id, kind))
        state = .open(invitation, usesLeft: usesLeft - 1, guessesLeft: guessesLeft)
        if usesLeft <= 1 { finish(.used) }
    }

    // MARK: Lost connections

    /// Of the meetings those go on that have a seat to come back to.
    mutating func leaveMeetings() {
        for index in meetings.indices { meetings[index].change { $0.connectionClosed() } }
        for meeting in meetings where meeting.verified?.canRejoin != true {
            events.append(meeting.isVerified ? .forgotten(meeting.id) : .peerLeft(meeting.id))
        }
        meetings.removeAll { $0.verified?.canRejoin != true }
    }

    mutating func rejoinMeetings() {
        for index in meetings.indices {
            if let message = meetings[index].change({ $0.rejoin() }) ?? nil { send(message) }
        }
    }

    mutating func rejoined(_ id: MeetingID, turn: TURNCredentials?) {
        guard let index = meetings.firstIndex(where: { $0.id == id }), meetings[index].verified?.isPresent == false,
            let again = meetings[index].change({ $0.rejoined() })
        else { return }
        send(.opaque(id, payload: again.payload))
        events.append(.rejoined(id, turn: turn))
    }

    mutating func peerLeft(_ id: MeetingID, mayReturn: Bool) {
        guard let meeting = meetings.first(where: { $0.id == id }) else { return }
        if mayReturn, meeting.verified?.canRejoin == true { return events.append(.peerAway(id)) }
        meetings.removeAll { $0.id == id }
        // Nobody would know each other again.
        if mayReturn { send(.leave(id)) }
        events.append(.peerLeft(id))
    }

    mutating func forget(_ id: MeetingID) {
        guard meetings.contains(where: { $0.id == id && $0.isVerified }) else { return }
        meetings.removeAll { $0.id == id }
        events.append(.forgotten(id))
    }

    private mutating func wrongGuess(_ id: MeetingID) {
        guard case .open(let invitation, let usesLeft, let guessesLeft) = state else { return }
        drop(id, .refuse(id, .wrongCode))
        events.append(.wrongGuess(id, left: guessesLeft - 1))
        state = .open(invitation, usesLeft: usesLeft, guessesLeft: guessesLeft - 1)
        if guessesLeft <= 1 {
            send(.burn(invitation.lookup))
            finish(.burnt)
        }
    }

    /// The invitation is over: who has not proven anything goes, who has stays.
    mutating func finish(_ end: InvitationEnd) {
        guard case .open = state else { return }
        state = .idle
        for meeting in meetings where !meeting.isVerified {
            drop(meeting.id, .refuse(meeting.id, .gone))
            events.append(.peerLeft(meeting.id))
        }
        events.append(.invitationEnded(end))
    }

    mutating func update(_ lookup: Lookup, expires: UnixTime, event: (OwnedInvitation) -> Event) {
        guard case .open(var invitation, let usesLeft, let guessesLeft) = state, invitation.lookup == lookup else {
            return
        }
        invitation.expires = expires
        state = .open(invitation, usesLeft: usesLeft, guessesLeft: guessesLeft)
        events.append(event(invitation))
    }

    mutating func drop(_ id: MeetingID, _ message: ClientMessage) {
        guard meetings.contains(where: { $0.id == id }) else { return }
        meetings.removeAll { $0.id == id }
        send(message)
    }

    /// Nothing is kept for a connection that is not there: `connectionOpened` says what still holds.
    mutating func send(_ message: ClientMessage) {
        if isConnected { messages.append(message.text) }
    }
}
