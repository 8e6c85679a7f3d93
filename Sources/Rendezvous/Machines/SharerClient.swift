/// The sharer's side of the rendezvous: makes an invitation, waits under it, and verifies who comes.
///
/// The driver opens the WebSocket and says so, passes texts in and `nextMessage()` out, and drains
/// `nextEvent()`, all after every call. After a lost connection it opens another one and says so again:
/// the invitation is resumed with its owner's token, and the meetings with the keys of their seats.
public struct SharerClient: Sendable {
    public enum Event: Sendable, Equatable {
        /// The invitation exists; show its code, link or file.
        case invitationCreated(OwnedInvitation, turn: TURNCredentials?)
        /// The relay has given it so many seconds, which is less than was asked for. Comes before `invitationCreated`.
        case invitationShortened(lifetime: Int)
        /// After a lost connection: helpers find it again.
        case invitationResumed(OwnedInvitation, turn: TURNCredentials?)
        case invitationExtended(OwnedInvitation)
        /// Nobody else can use it. Meetings go on; `createInvitation` makes a new one on the same connection.
        case invitationEnded(InvitationEnd)
        /// Somebody found the look-up; nothing is proven.
        case helperArrived(MeetingID)
        /// The helper holds the secret: payloads can be sent.
        case helperVerified(MeetingID, InvitationKey.Kind)
        /// A helper held another secret; so many guesses are left before the invitation is burnt.
        case wrongGuess(MeetingID, left: Int)
        case payload(PeerPayload, from: MeetingID)
        /// Something arrived that the helper did not send like that, there and then.
        case payloadRejected(MeetingID)
        case peerLeft(MeetingID)
        /// The connection of a helper was closed that may be back in a moment.
        case peerAway(MeetingID)
        /// We are back in a meeting, on another connection. What both sides said meanwhile is lost.
        case rejoined(MeetingID, turn: TURNCredentials?)
        /// The helper was away and is back: what it was told meanwhile is lost.
        case peerReturned(MeetingID)
        /// The relay keeps no seat for us in a meeting: a session goes on without the rendezvous.
        case forgotten(MeetingID)
        /// This node of the fleet is about to go, or takes nobody: open a connection there, and say so.
        case elsewhere(RelayURL)
        /// The relay would not do what was asked.
        case relayRefused(RelayErrorCode)
    }

    /// Why the invitation is over.
    public enum InvitationEnd: Sendable, Hashable {
        case used, expired, revoked
        /// Three wrong guesses: offer a new one.
        case burnt
        /// The relay no longer knows it.
        case lost
    }

    enum State: Sendable {
        case idle
        case requested(InvitationTerms)
        case open(OwnedInvitation, usesLeft: Int, guessesLeft: Int)
    }

    /// DESIGN.md: after three wrong guesses the code is burnt.
    public static let guesses = 3
    /// Helpers at once; when more arrive, the one that waits longest without proof is dropped.
    static let maximumMeetings = 16

    private(set) var identity: PersonIdentity?
    var random: any RandomNumberGenerator & Sendable
    var isConnected = false
    var state = State.idle
    /// In the order of arrival.
    var meetings: [SharerMeeting] = []
    var messages: [[UInt8]] = []
    var events: [Event] = []

    /// - Parameter identity: who we are, proven to each helper with the description; nil: nobody in particular.
    public init(
        identity: PersonIdentity? = nil, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.identity = identity
        self.random = random
    }

    /// The invitation that can be used now.
    public var invitation: OwnedInvitation? {
        switch state {
        case .idle, .requested: nil
        case .open(let invitation, _, _): invitation
        }
    }

    // MARK: Commands

    /// Asks for an invitation, now or as soon as there is a connection; a former one is closed.
    public mutating func createInvitation(_ terms: InvitationTerms) {
        revoke()
        state = .requested(terms)
        send(.create(terms))
    }

    /// Nobody else may use the invitation.
    public mutating func revoke() {
        switch state {
        case .idle: return
        case .requested: state = .idle
        case .open(let invitation, _, _):
            send(.close(invitation.lookup))
            finish(.revoked)
        }
    }

    /// So many seconds more from now.
    public mutating func extend(lifetime: Int) {
        guard let invitation else { return }
        send(.extend(invitation.lookup, lifetime: lifetime))
    }

    /// Seals a payload for a verified helper; false when there is none, or when the payload is not one
    /// the other side would accept.
    @discardableResult
    public mutating func send(_ payload: PeerPayload, to meeting: MeetingID) -> Bool {
        guard isConnected, let index = meetings.firstIndex(where: { $0.id == meeting }) else { return false }
        let text = (meetings[index].verified?.introducing(payload, as: identity) ?? payload).text
        guard text.count <= SealedChannel.maximumPlaintext, (try? PeerPayload(parsing: text)) != nil,
            let sealed = meetings[index].seal(text)
        else { return false }
        send(.opaque(meeting, payload: sealed.payload))
        return true
    }

    /// Who we are, proven with what is sent from now on.
    public mutating func introduce(as identity: PersonIdentity) { self.identity = identity }

    /// Whether another connection can go on with a meeting.
    public func canRejoin(_ meeting: MeetingID) -> Bool {
        meetings.contains { $0.id == meeting && $0.verified?.canRejoin == true }
    }

    /// Ends a meeting because the sharer does not want it.
    public mutating func refuse(_ meeting: MeetingID) { drop(meeting, .refuse(meeting, .declined)) }

    /// Ends a meeting that has served its purpose.
    public mutating func leave(_ meeting: MeetingID) { drop(meeting, .leave(meeting)) }

    // MARK: What happens

    public mutating func connectionOpened() {
        guard !isConnected else { return }
        isConnected = true
        switch state {
        case .idle: break
        case .requested(let terms): send(.create(terms))
        case .open(let invitation, _, _): send(.resume(invitation.lookup, owner: invitation.owner))
        }
        rejoinMeetings()
    }

    public mutating func connectionClosed() {
        isConnected = false
        messages.removeAll()
        leaveMeetings()
    }

    public mutating func receive(_ text: [UInt8]) {
        // What is no message comes from a later version, or from a relay that only hurts itself.
        guard isConnected, let message = try? ServerMessage(parsing: text) else { return }
        switch message {
        case .created(let lookup, let owner, let expires, let uses, let turn, let lifetime):
            // Nobody asks for this one any more.
            guard case .requested(let terms) = state else { return send(.close(lookup)) }
            let invitation = OwnedInvitation(
                lookup: lookup, owner: owner, expires: expires, uses: min(uses, terms.uses), ceiling: terms.ceiling,
                using: &random)
            state = .open(invitation, usesLeft: invitation.uses, guessesLeft: Self.guesses)
            if let lifetime, lifetime < terms.lifetime { events.append(.invitationShortened(lifetime: lifetime)) }
            events.append(.invitationCreated(invitation, turn: turn))
        case .resumed(let lookup, let expires, _, let turn):
            // How many uses are left is ours to count.
            update(lookup, expires: expires) { .invitationResumed($0, turn: turn) }
        case .extended(let lookup, let expires):
            guard expires != invitation?.expires else { break }  // no news
            update(lookup, expires: expires) { .invitationExtended($0) }
        case .closed(let lookup, let reason):
            guard invitation?.lookup == lookup else { return }
            switch reason {
            case .used: finish(.used)
            case .expired: finish(.expired)
            case .burnt: finish(.burnt)
            case .revoked: finish(.revoked)
            }
        case .gone: finish(.lost)
        case .elsewhere(let url): events.append(.elsewhere(url))
        case .helperArrived(let lookup, let meeting): arrive(meeting, under: lookup)
        case .opaque(let meeting, let payload): receive(payload, in: meeting)
        case .peerLeft(let meeting, let mayReturn): peerLeft(meeting, mayReturn: mayReturn)
        case .seated(let meeting):
            guard let index = meetings.firstIndex(where: { $0.id == meeting }) else { return }
            meetings[index].change { $0.seated() }
        case .rejoined(let meeting, let turn): rejoined(meeting, turn: turn)
        case .forgotten(let meeting): forget(meeting)
        case .error(let code):
            if case .requested = state { state = .idle }
            events.append(.relayRefused(code))
        case .met, .refused, .credentials, .status: return  // a helper's, or an owner's who has asked
        }
    }

    public mutating func nextMessage() -> [UInt8]? { messages.isEmpty ? nil : messages.removeFirst() }
    public mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }
}
