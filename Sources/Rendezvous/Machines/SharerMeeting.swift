/// One helper's arrival, as the sharer lives through it: a share, a proof, then a sealed channel.
struct SharerMeeting: Sendable {
    enum State: Sendable {
        /// Waits for the helper's share.
        case arrived
        /// Answered with a share; waits for the helper's tag.
        case shared(SharerHandshake, InvitationKey.Kind)
        case verified(SealedChannel)
    }

    /// What the client has to do about a payload.
    enum Action: Sendable {
        case none
        case answer(PeerMessage)
        /// The helper holds the secret: tell the relay, then answer.
        case verified(InvitationKey.Kind, answer: PeerMessage)
        case deliver(PeerPayload)
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
            state = .verified(channel)
            return .verified(kind, answer: .confirm(answer))
        case (.verified(var channel), .sealed(let box)):
            guard let text = try? channel.open(box) else { return .reject }
            state = .verified(channel)
            // What the peer itself says and we do not understand comes from a later version.
            guard let payload = try? PeerPayload(parsing: text) else { return .none }
            return .deliver(payload)
        case (.verified, .helperShare), (.verified, .sharerShare), (.verified, .confirm): return .reject
        case (.arrived, _), (.shared, _): return .malformed
        }
    }

    /// The payload in a box for the helper; nil before the helper is verified.
    mutating func seal(_ text: [UInt8]) -> PeerMessage? {
        guard case .verified(var channel) = state else { return nil }
        let box = channel.seal(text)
        state = .verified(channel)
        return .sealed(box)
    }
}
