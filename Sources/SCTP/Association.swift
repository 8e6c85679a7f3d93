public import NetPrimitives

/// An SCTP association over DTLS and its data channels, as WebRTC has them (RFC 8831, RFC 8832): SCTP packets and `now`
/// go in, packets, events and one next deadline come out.
///
/// Make it when DTLS is connected, at both ends: both connect at once. It wraps usrsctp and is confined to its driver: use
/// one association from one thread (or actor) at a time; different associations may live on different threads.
///
/// usrsctp's timers are the process's and compare with the wall clock, so they run by the system's clock whenever any
/// association's `handleTimeout(at:)` is called; `now` only carries `nextDeadline`. Virtual time does no harm and no
/// good: what was lost is sent again after its *real* timeout. That is why this room stays outside the simulator.
///
/// A message blocks the way for others while it is being sent: keep what is large below some 64 KiB a message where
/// something urgent may follow, and give the urgent channel the higher priority.
public final class Association {
    public enum Event: Hashable, Sendable {
        case connected
        /// The peer opened a channel, or acknowledged one that was opened here.
        case channelOpened(Channel)
        case message(ChannelID, MessageKind, [UInt8])
        /// Both sides are done with the channel, and its stream may be used again.
        case channelClosed(ChannelID)
        /// What waits on the channel fell to `Configuration.bufferedAmountLowThreshold`.
        case bufferedAmountLow(ChannelID)
        /// The orderly end, whoever began it.
        case closed
        case failed(Failure)
    }

    enum State {
        case connecting
        case established
        /// Ours: what waits is still sent, then usrsctp is told.
        case draining
        case shuttingDown
        case over
    }

    public let role: Role
    public let configuration: Configuration

    let socket: AssociationSocket
    var state = State.connecting
    var channels: [ChannelID: ChannelState] = [:]
    /// The stream of the channel that was opened here last.
    var lastOpened: UInt16?
    var streamLimit = Stack.Socket.streamCount
    /// The message that is being handed to usrsctp: what has begun must be finished before another may start.
    var current: (id: ChannelID, message: OutgoingMessage)?
    /// The channel that was served last: equals take turns.
    var lastServed: UInt16 = 0
    var unsent = UnsentBytes()
    /// Control messages for streams that are no channel: resets of what a peer should not have opened.
    var straysToReset: Set<UInt16> = []
    var partial = PartialMessages()
    var events = Queue<Event>()
    var unreadBytes = 0

    private var transmits = Queue<[UInt8]>()
    /// A path that does not drain loses packets, as any path does; so many are 9 MB.
    private static let transmitLimit = 8192
    /// What a message costs besides its bytes: so that empty ones are bounded as well.
    static let messageOverhead = 64
    private var lastCall: Instant
    private var lastTraffic: Instant

    /// Sends the INIT at once.
    public init(role: Role, configuration: Configuration = Configuration(), at now: Instant) throws(Failure) {
        precondition((512...65_000).contains(configuration.maximumPacketSize), "not a packet size")
        self.role = role
        self.configuration = configuration
        lastCall = now
        lastTraffic = now
        socket = try AssociationSocket(configuration: configuration)
        collectPackets()
    }

    // MARK: what comes in

    /// A packet from DTLS: any bytes at all.
    public func receive(_ packet: [UInt8], at now: Instant) {
        lastCall = max(lastCall, now)
        guard let parsed = Packet(packet), parsed.isAdmissible else { return }
        lastTraffic = max(lastTraffic, now)
        // After the end too: a peer that missed our last word gets it again.
        socket.input(packet)
        finishCall()
    }

    public func handleTimeout(at now: Instant) {
        lastCall = max(lastCall, now)
        Stack.runTimers()
        forgetAbandoned()
        finishCall()
    }

    // MARK: what comes out

    /// The next SCTP packet to send, at most `Configuration.maximumPacketSize` bytes.
    public func nextTransmit() -> [UInt8]? { transmits.popFirst() }

    /// The next event. Reading makes room for the peer to send more: drain the packets afterwards.
    public func nextEvent() -> Event? {
        guard let event = events.popFirst() else { return nil }
        if case .message(_, _, let bytes) = event { unreadBytes -= bytes.count + Self.messageOverhead }
        // What was left in usrsctp because too much was unread.
        if events.isEmpty, state != .over { finishCall() }
        return event
    }

    /// The moment to call `handleTimeout(at:)`: usrsctp does not say when its next timer is due, so it is looked after
    /// often while something moves and seldom while nothing does. Nil after the end.
    public var nextDeadline: Instant? {
        guard state != .over else { return nil }
        let isBusy = state != .established || bufferedAmount > 0 || lastCall - lastTraffic < .seconds(3)
        return lastCall + (isBusy ? .milliseconds(10) : .milliseconds(200))
    }

    // MARK: the end

    /// Ends in order: everything sent is still delivered, then `.closed` comes. It needs the peer; see `abort()`.
    public func shutdown() {
        switch state {
        case .connecting: abort()
        case .established:
            state = .draining
            finishCall()
        case .draining, .shuttingDown, .over: break
        }
    }

    /// Ends now; the peer is told with one packet, which may be lost. No event follows.
    public func abort() {
        guard state != .over else { return }
        end(nil)
        events.removeAll()
        unreadBytes = 0
    }

    func end(_ event: Event?) {
        guard state != .over else { return }
        state = .over
        if let event { events.append(event) }
        channels.removeAll()
        partial = PartialMessages()
        socket.close()
        collectPackets()
    }

    // MARK: every call

    /// What every call in ends with: events from usrsctp, messages into it, packets out of it.
    func finishCall() {
        collectPackets()
        drainSocket()
        sendWaiting()
        resetStreams()
        collectPackets()
        reportLowBuffers()
    }

    func collectPackets() {
        for packet in socket.takePackets() {
            lastTraffic = max(lastTraffic, lastCall)
            for chunk in Packet(packet)?.chunks ?? [] {
                if let data = DataChunk(chunk) { unsent.note(data) }
            }
            if transmits.count < Self.transmitLimit { transmits.append(packet) }
        }
    }
}
