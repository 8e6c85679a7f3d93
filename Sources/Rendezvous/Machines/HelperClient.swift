public import NetPrimitives

/// The helper's side of the rendezvous: looks the sharer up, proves the secret, and talks sealed.
///
/// One client is one attempt with one invitation. The driver opens the WebSocket and says so, passes texts in and
/// `nextMessage()` out, and drains `nextEvent()`, all after every call. Who has met and loses the connection opens
/// another one and says so again: the meeting goes on when the relay has kept the seat.
public struct HelperClient: Sendable {
    public enum Event: Sendable, Equatable {
        /// The sharer is there; nothing is proven.
        case met(MeetingID)
        /// We hold the key: payloads can be sent, and whoever opens them holds the same secret.
        case agreed(MeetingID)
        /// For the relay's TURN server; comes before `verified` when the relay has one.
        case credentials(TURNCredentials)
        /// The sharer has proven that it holds the same secret.
        case verified(MeetingID)
        case payload(PeerPayload)
        /// Something arrived that the sharer did not send like that, there and then.
        case payloadRejected
        /// The sharer's connection was closed; it may be back in a moment.
        case peerAway
        /// We are back in the meeting, on another connection. What both sides said meanwhile is lost.
        case rejoined(turn: TURNCredentials?)
        /// The sharer was away and is back: what it was told meanwhile is lost.
        case peerReturned
        /// The sharer waits at another node of the fleet: go there, if it is not too often, and say that the connection is open.
        case elsewhere(RelayURL)
        /// The attempt, or the meeting, is over. Nothing follows.
        case ended(End)
    }

    public enum End: Sendable, Hashable {
        /// Mistyped, used, expired, burnt, revoked, or its sharer is away: the relay does not say which.
        case gone
        /// The sharer is there, and the secret is another one: one guess is spent.
        case wrongCode
        /// The sharer ended the meeting.
        case declined
        /// Who answered does not hold the secret: the relay, or somebody in it, is lying.
        case impostor
        /// The sharer's connection closed or it left; after `verified` a session may go on without.
        case peerLeft
        case relayRefused(RelayErrorCode)
        /// Our own connection closed before the sharer was verified.
        case connectionLost
        /// It closed after that, and the relay keeps no seat for us: a session goes on without the rendezvous.
        case forgotten
        /// Relay or sharer did not answer in time.
        case timedOut
    }

    private enum State: Sendable {
        case waitingForConnection
        case looking
        /// Between two nodes.
        case redirected
        case shared(HelperHandshake, MeetingID)
        case confirming(ConfirmingHelper, MeetingID, EarlyPayloads)
        case verified(VerifiedMeeting)
        case ended
    }

    /// Two programs answer each other without a person in between; five round trips fit many times over.
    public static let handshakeTimeout: Duration = .seconds(15)

    private let invitation: Invitation
    private var identity: PersonIdentity?
    private var random: any RandomNumberGenerator & Sendable
    private var state = State.waitingForConnection
    private var deadline: Instant?
    private var messages: [[UInt8]] = []
    private var events: [Event] = []

    /// - Parameter identity: who we are, proven to the sharer with the description; nil: nobody in particular.
    public init(
        invitation: Invitation, identity: PersonIdentity? = nil,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.invitation = invitation
        self.identity = identity
        self.random = random
    }

    /// When `handleTimeout` gives up; nil outside the handshake.
    public var nextDeadline: Instant? { deadline }

    /// Whether another connection can go on with the meeting.
    public var canRejoin: Bool {
        guard case .verified(let verified) = state else { return false }
        return verified.canRejoin
    }

    // MARK: Commands

    /// Seals a payload for the sharer; false before `agreed`, after the end, or when the payload is not
    /// one the other side would accept.
    @discardableResult
    public mutating func send(_ payload: PeerPayload) -> Bool {
        let text = introduced(payload).text
        guard text.count <= SealedChannel.maximumPlaintext, (try? PeerPayload(parsing: text)) != nil else { return false }
        switch state {
        case .confirming(var confirming, let meeting, var early):
            let admission = early.admit(text)
            if admission == .sent { say(.sealed(confirming.seal(text)), in: meeting) }
            state = .confirming(confirming, meeting, early)
            return admission != .refused
        case .verified(var verified):
            guard let sealed = verified.seal(text) else { return false }
            say(sealed, in: verified.id)
            state = .verified(verified)
            return true
        case .waitingForConnection, .redirected, .looking, .shared, .ended:
            return false
        }
    }

    private func introduced(_ payload: PeerPayload) -> PeerPayload {
        switch state {
        case .confirming(let confirming, _, _): payload.proving(identity, as: .helper, binding: confirming.binding)
        case .verified(let verified): verified.introducing(payload, as: identity)
        case .waitingForConnection, .redirected, .looking, .shared, .ended: payload
        }
    }

    /// Who we are, proven with what is sent from now on.
    public mutating func introduce(as identity: PersonIdentity) { self.identity = identity }

    /// Ends the attempt or the meeting, and tells the other side.
    public mutating func leave() {
        if let meeting { messages.append(ClientMessage.leave(meeting).text) }
        state = .ended
        deadline = nil
    }

    // MARK: What happens

    public mutating func connectionOpened(at now: Instant) {
        switch state {
        case .waitingForConnection, .redirected:
            state = .looking
            deadline = now + Self.handshakeTimeout
            messages.append(ClientMessage.meet(invitation.lookup).text)
        case .verified(var verified):
            guard let message = verified.rejoin() else { return }
            state = .verified(verified)
            messages.append(message.text)
        case .looking, .shared, .confirming, .ended: return
        }
    }

    public mutating func connectionClosed() {
        switch state {
        case .verified(var verified):
            verified.connectionClosed()
            state = .verified(verified)
            if !verified.canRejoin { end(.forgotten) }
        case .waitingForConnection, .looking, .shared, .confirming: end(.connectionLost)
        case .redirected, .ended: break
        }
        messages.removeAll()
    }

    public mutating func handleTimeout(at now: Instant) {
        guard let deadline, deadline <= now else { return }
        if let meeting { messages.append(ClientMessage.leave(meeting).text) }
        end(.timedOut)
    }

    public mutating func receive(_ text: [UInt8], at now: Instant) {
        // What is no message comes from a later version, or from a relay that only hurts itself.
        guard let message = try? ServerMessage(parsing: text) else { return }
        switch (message, state) {
        case (_, .ended), (_, .waitingForConnection), (_, .redirected): return
        case (.met(let meeting), .looking): meet(meeting)
        case (.gone, .looking), (.gone, .shared), (.gone, .confirming): end(.gone)
        case (.elsewhere(let url), .looking):
            state = .redirected
            deadline = nil
            events.append(.elsewhere(url))
        case (.opaque(let id, let payload), _):
            guard id == meeting else { return }
            receive(payload, in: id)
        case (.credentials(let id, let credentials), _):
            guard id == meeting else { return }
            events.append(.credentials(credentials))
        case (.peerLeft(let id, let mayReturn), _):
            guard id == meeting else { return }
            if mayReturn, canRejoin { return events.append(.peerAway) }
            // Nobody would know each other again.
            if mayReturn { messages.append(ClientMessage.leave(id).text) }
            end(.peerLeft)
        case (.seated(let id), .verified(var verified)):
            guard id == verified.id else { return }
            verified.seated()
            state = .verified(verified)
        case (.rejoined(let id, let turn), .verified(var verified)):
            guard id == verified.id, !verified.isPresent else { return }
            say(verified.rejoined(), in: id)
            state = .verified(verified)
            events.append(.rejoined(turn: turn))
        case (.forgotten(let id), .verified(let verified)):
            guard id == verified.id else { return }
            end(.forgotten)
        case (.refused(let id, let reason), _):
            guard id == meeting else { return }
            switch reason {
            case .wrongCode: end(.wrongCode)
            case .declined: end(.declined)
            case .gone: end(.gone)
            }
        case (.error(let code), .looking), (.error(let code), .shared), (.error(let code), .confirming):
            end(.relayRefused(code))
        case (.error, .verified), (.gone, .verified), (.elsewhere, _), (.met, _), (.seated, _), (.rejoined, _), (.forgotten, _): return
        case (.created, _), (.resumed, _), (.extended, _), (.closed, _), (.status, _), (.helperArrived, _): return  // a sharer's
        }
    }

    public mutating func nextMessage() -> [UInt8]? { messages.isEmpty ? nil : messages.removeFirst() }
    public mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    // MARK: The meeting

    private var meeting: MeetingID? {
        switch state {
        case .waitingForConnection, .redirected, .looking, .ended: nil
        case .shared(_, let meeting), .confirming(_, let meeting, _): meeting
        case .verified(let verified): verified.id
        }
    }

    private mutating func meet(_ meeting: MeetingID) {
        guard
            let handshake = try? HelperHandshake(
                lookup: invitation.lookup, key: invitation.key, meeting: meeting, using: &random)
        else { return end(.impostor) }
        state = .shared(handshake, meeting)
        events.append(.met(meeting))
        say(.helperShare(invitation.key.kind, handshake.share), in: meeting)
    }

    private mutating func receive(_ payload: String, in meeting: MeetingID) {
        let message = try? PeerMessage(parsing: payload)
        switch (state, message) {
        case (.shared(let handshake, _), .sharerShare(let share)?):
            guard let confirming = try? handshake.receive(share: share) else { return end(.impostor) }
            state = .confirming(confirming, meeting, EarlyPayloads())
            say(.confirm(confirming.tag), in: meeting)
            events.append(.agreed(meeting))
        case (.confirming(let confirming, _, let early), .confirm(let tag)?):
            guard let channel = try? confirming.receive(tag: tag) else { return end(.impostor) }
            var verified = VerifiedMeeting(meeting, side: .helper, channel: channel, using: &random)
            for text in early.waiting { if let sealed = verified.seal(text) { say(sealed, in: meeting) } }
            state = .verified(verified)
            deadline = nil
            messages.append(verified.claim.text)
            events.append(.verified(meeting))
        case (.verified(var verified), .sealed(let box, let epoch)?):
            let opened = verified.open(box, of: epoch)
            state = .verified(verified)
            switch opened {
            case .payload(let payload): events.append(.payload(payload))
            case .returned(let answer):
                say(answer, in: meeting)
                events.append(.peerReturned)
            case .nothing: break
            case .rejected: events.append(.payloadRejected)
            }
        case (.verified, _): events.append(.payloadRejected)
        case (.shared, _), (.confirming, _): end(.impostor)
        case (.waitingForConnection, _), (.redirected, _), (.looking, _), (.ended, _): return
        }
    }

    private mutating func say(_ message: PeerMessage, in meeting: MeetingID) {
        messages.append(ClientMessage.opaque(meeting, payload: message.payload).text)
    }

    private mutating func end(_ end: End) {
        state = .ended
        deadline = nil
        events.append(.ended(end))
    }
}
