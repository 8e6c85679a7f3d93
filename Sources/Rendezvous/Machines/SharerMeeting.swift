/// One helper's arrival, as the sharer lives through it: a share, a proof, then a sealed channel.
struct SharerMeeting: Sendable {
    enum State: Sendable {
        /// Waits for the helper's share.
        case arrived
        /// Answered with a share; waits for the helper's tag.
        case shared(SharerHandshake, InvitationKey.Kind)
        case verified(VerifiedMeeting)
    }

    /// What the client has to do about a payload.
    enum Action: Sendable {
        case none
        case answer(PeerMessage)
        /// The helper holds the secret: tell the relay, then answer.
        case verified(InvitationKey.Kind, answer: PeerMessage, claim: ClientMessage)
        case deliver(PeerPayload)
        /// The helper was away and is back: answer, and say again what still holds.
        case returned(answer: PeerMessage)
        /// It does not open: somebody in the middle replayed, reordered, altered or lost something.
        case reject
        /// A wrong guess.
        case wrongSecret
        /// Not the protocol.
        case malformed
    }

    let id: MeetingID
    private(set) var state: State = .arrived

    init(id: MeetingID) { self.id = id }

    var isVerified: Bool {
        switch state {
        case .arrived, .shared: false
        case .verified: true
        }
    }

    /// - Parameter invitation: the one the helper came under; a meeting that is verified needs none any more.
    mutating func receive(
        _ payload: String, invitation: OwnedInvitation?, using random: inout some RandomNumberGenerator
    ) -> Action {
        guard let message = try? PeerMessage(parsing: payload) else { return isVerified ? .reject : .malformed }
        switch (state, message) {
        case (.arrived, .helperShare(let kind, let share)):
            guard let invitation,
                let handshake = try? SharerHandshake(
                    answering: share, lookup: invitation.lookup, key: invitation.key(kind), meeting: id,
                    using: &random)
            else { return .malformed }
            state = .shared(handshake, kind)
            return .answer(.sharerShare(handshake.share))
        case (.shared(let handshake, let kind), .confirm(let tag)):
            guard let (answer, channel) = try? handshake.receive(tag: tag) else { return .wrongSecret }
            let verified = VerifiedMeeting(id, side: .sharer, channel: channel, using: &random)
            state = .verified(verified)
            return .verified(kind, answer: .confirm(answer), claim: verified.claim)
        case (.verified(var verified), .sealed(let box, let epoch)):
            let opened = verified.open(box, of: epoch)
            state = .verified(verified)
            switch opened {
            case .payload(let payload): return .deliver(payload)
            case .returned(let answer): return .returned(answer: answer)
            case .nothing: return .none
            case .rejected: return .reject
            }
        case (.verified, .helperShare), (.verified, .sharerShare), (.verified, .confirm): return .reject
        case (.arrived, _), (.shared, _): return .malformed
        }
    }

    /// The payload in a box for the helper; nil before the helper is verified, and while we are away.
    mutating func seal(_ text: [UInt8]) -> PeerMessage? { change { $0.seal(text) } ?? nil }

    /// What a connection's coming and going does to a verified meeting; nil where there is none.
    @discardableResult
    mutating func change<Result>(_ body: (inout VerifiedMeeting) -> Result) -> Result? {
        guard case .verified(var verified) = state else { return nil }
        defer { state = .verified(verified) }
        return body(&verified)
    }

    var verified: VerifiedMeeting? {
        guard case .verified(let verified) = state else { return nil }
        return verified
    }
}
