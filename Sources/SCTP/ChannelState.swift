/// What an association knows of one channel.
struct ChannelState {
    let channel: Channel
    var phase: Phase
    /// The messages that usrsctp has not taken yet.
    var waiting = Queue<OutgoingMessage>()
    var waitingBytes = 0
    /// The peer reset its half.
    var isIncomingReset = false
    /// `.bufferedAmountLow` is owed when the buffered bytes fall.
    var owesLowEvent = false

    enum Phase {
        /// OPEN is sent, ACK has not come: until then messages go ordered (RFC 8832 section 6).
        case opening
        case open
        /// Closed here: what waits is still sent, then our half is reset.
        case closing(Reset)
    }

    enum Reset {
        /// Not asked for yet.
        case pending
        case requested
        case done
    }

    var isClosing: Bool { if case .closing = phase { true } else { false } }

    /// Both halves are reset: the stream may be used again (RFC 8831 section 6.7).
    var isOver: Bool { if case .closing(.done) = phase { isIncomingReset } else { false } }

    init(_ channel: Channel, phase: Phase) {
        self.channel = channel
        self.phase = phase
    }

    mutating func enqueue(_ message: OutgoingMessage) {
        waitingBytes += message.rest.count
        waiting.append(message)
    }
}
