/// A meeting whose other side has proven the secret: the sealed channel, and the seat at the relay that outlasts a connection.
///
/// What is under way when a connection is lost is lost. So whoever comes back begins an epoch with `again`, and the other
/// side answers with an epoch of its own; then both say once more what still holds.
struct VerifiedMeeting: Sendable {
    /// What a box holds.
    enum Opened: Sendable, Equatable {
        case payload(PeerPayload)
        /// The other side was away: what was said to it may be lost. It is told so with this, before anything else.
        case returned(answer: PeerMessage)
        /// It says nothing that we need to know.
        case nothing
        /// It is not the next one of the peer.
        case rejected
    }

    let id: MeetingID
    private let side: SealedChannel.Side
    private var channel: SealedChannel
    private let key: SeatKey
    private var rejoins: UInt32 = 0
    /// Whether the relay takes what we say: false from the end of a connection until the seat is ours again.
    private(set) var isPresent = true
    /// Whether the relay keeps our seat.
    private(set) var isSeated = false
    /// Whether the peer's program follows to another epoch.
    private var peerReturns = false
    /// What was sealed before our absence may still come, and does not open when something before it was lost.
    private var awaitsEpoch = false

    init(_ id: MeetingID, side: SealedChannel.Side, channel: SealedChannel, using random: inout some RandomNumberGenerator) {
        self.id = id
        self.side = side
        self.channel = channel
        key = SeatKey(using: &random)
    }

    /// Asks the relay to keep our seat.
    var claim: ClientMessage { .seat(id, key: key.publicKey) }

    /// Whether another connection can go on with this meeting.
    var canRejoin: Bool { isSeated && peerReturns }

    mutating func seated() { isSeated = true }

    mutating func connectionClosed() { isPresent = false }

    /// Proves to the relay, on a new connection, that the seat is ours; nil when there is none.
    mutating func rejoin() -> ClientMessage? {
        guard canRejoin, !isPresent, rejoins < .max else { return nil }
        rejoins += 1
        return .rejoin(id, side, number: rejoins, proof: key.proof(of: side, in: id, number: rejoins))
    }

    /// The seat is ours again; what is returned is the first that the peer is told.
    mutating func rejoined() -> PeerMessage {
        isPresent = true
        awaitsEpoch = true
        return beginEpoch(with: .again())
    }

    /// A payload as it is said: a description with the proof of who says it.
    func introducing(_ payload: PeerPayload, as identity: PersonIdentity?) -> PeerPayload {
        payload.proving(identity, as: side, binding: channel.binding)
    }

    /// A payload in a box for the peer; nil while the relay takes nothing.
    mutating func seal(_ text: [UInt8]) -> PeerMessage? {
        guard isPresent else { return nil }
        let epoch = channel.epoch
        return .sealed(channel.seal(text), epoch: epoch)
    }

    mutating func open(_ box: [UInt8], of epoch: UInt32) -> Opened {
        guard let text = try? channel.open(box, of: epoch) else { return awaitsEpoch ? .nothing : .rejected }
        // What the peer itself says and we do not understand comes from a later version.
        guard let payload = try? PeerPayload(parsing: text) else { return .nothing }
        switch payload {
        case .again(let isAnswer):
            awaitsEpoch = false
            return isAnswer || !isPresent ? .nothing : .returned(answer: beginEpoch(with: .again(isAnswer: true)))
        case .description(let description):
            peerReturns = description.returns
            return .payload(payload.proven(by: side.other, binding: channel.binding))
        case .card: return .payload(payload.proven(by: side.other, binding: channel.binding))
        case .candidate, .endOfCandidates, .restart, .suspended, .awake, .bye: return .payload(payload)
        }
    }

    private mutating func beginEpoch(with payload: PeerPayload) -> PeerMessage {
        channel.beginEpoch()
        let epoch = channel.epoch
        return .sealed(channel.seal(payload.text), epoch: epoch)
    }
}
