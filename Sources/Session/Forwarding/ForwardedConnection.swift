internal import NetPrimitives

/// One end of one forwarded TCP connection, the same at both sides once it is open.
///
/// Each direction flows by credit: no more is sent than the application at the other side has room for, so that one that does not
/// read holds up its own connection alone. Each direction ends by itself (`end`), or both at once (`reset`).
struct ForwardedConnection: Sendable {
    enum Phase: Hashable, Sendable {
        /// The sharer connects.
        case connecting
        case open
        case over
    }

    let role: Role
    let destination: Destination
    let limits: ForwardingLimits
    private(set) var phase = Phase.connecting
    /// Nothing is handed to a channel on which enough waits already.
    var isBlocked = false {
        didSet { allowTaken() }
    }

    // To the peer.
    private var waiting = SessionQueue<ArraySlice<UInt8>>()
    private(set) var waitingBytes = 0
    private var credit = 0
    private var isReading = false
    private var hasReadEnd = false
    private var hasSentEnd = false
    private(set) var sentBytes = 0
    /// Goes before data, and is not held up by it.
    private var announcements: [ForwardingMessage] = []

    // From the peer.
    private var allowance = 0
    /// Taken by the socket, and not told as credit yet.
    private var taken = 0
    private var hasHeardEnd = false
    private(set) var receivedBytes = 0

    private var events: [ForwardingEvent] = []
    private var hasClosedChannel = false
    /// What is left of it elsewhere: it counts until both are gone.
    private var hasSocket = true
    private var hasChannel = true

    var isGone: Bool { phase == .over && !hasSocket && !hasChannel }
    var isOver: Bool { phase == .over }

    init(role: Role, destination: Destination, limits: ForwardingLimits) {
        self.role = role
        self.destination = destination
        self.limits = limits
        switch role {
        case .helper: allow(limits.window)
        case .sharer: events.append(.connect(destination))
        }
    }

    /// One that the sharer does not open.
    init(refused failure: ForwardingFailure, _ destination: Destination, limits: ForwardingLimits) {
        role = .sharer
        self.destination = destination
        self.limits = limits
        phase = .over
        hasSocket = false
        announcements = [.failed(failure)]
    }

    // MARK: What the socket does

    mutating func connected() {
        guard role == .sharer, phase == .connecting else { return }
        phase = .open
        announcements.append(.opened)
        allow(limits.window)
        askToRead()
    }

    mutating func connectFailed(_ failure: ForwardingFailure) {
        hasSocket = false
        guard role == .sharer, phase == .connecting else { return }
        phase = .over
        announcements = [.failed(failure)]
    }

    /// What was read, also when nobody asked: at the end of input all that the kernel has comes at once.
    mutating func read(_ bytes: [UInt8]) {
        isReading = false
        guard phase != .over, !hasReadEnd, !bytes.isEmpty else { return }
        waiting.append(bytes[...])
        waitingBytes += bytes.count
        askToRead()
    }

    /// The application writes no more.
    mutating func readEnded() {
        guard phase != .over else { return }
        hasReadEnd = true
    }

    mutating func wrote(_ count: Int) {
        taken += count
        allowTaken()
    }

    /// What the peer cannot be told now it is not allowed: who knows what is due would send beyond every count.
    private mutating func allowTaken() {
        guard phase == .open, !hasHeardEnd, !isBlocked, taken >= limits.window / 4 else { return }
        allow(taken)
        taken = 0
    }

    /// The socket failed, or the application has reset it.
    mutating func socketBroke() { breakOff() }

    mutating func socketClosed() {
        hasSocket = false
        // Both directions of the socket have ended: what was read is still sent.
        if hasReadEnd, hasHeardEnd { return }
        breakOff()
    }

    // MARK: What the peer says

    mutating func receive(_ bytes: [UInt8]) {
        guard phase != .over else { return }
        let message: ForwardingMessage?
        do { message = try ForwardingMessage.decode(bytes) } catch { return breakOff() }
        switch (message, phase) {
        case (nil, _): break  // a later version may say more
        case (.credit(let more)?, _):
            credit += Int(more)
            if credit > ForwardingLimits.maximumCredit { breakOff() }
        case (.reset?, _):
            phase = .over
            announcements = []
            dropWaiting()
            events.append(.reset)
        case (.opened?, .connecting) where role == .helper:
            phase = .open
            events.append(.opened(destination))
            askToRead()
        case (.failed(let failure)?, .connecting) where role == .helper:
            phase = .over
            announcements = []
            dropWaiting()
            events.append(.failed(destination, failure))
            events.append(.reset)
        case (.data(let data)?, .open) where !hasHeardEnd && data.count <= allowance:
            allowance -= data.count
            receivedBytes += data.count
            events.append(.write(data))
        case (.end?, .open) where !hasHeardEnd:
            hasHeardEnd = true
            events.append(.writeEnd)
            finishIfDone()
        case (.opened?, _), (.failed?, _), (.data?, _), (.end?, _):
            breakOff()  // not now, or more than was allowed
        }
    }

    /// The channel is closed, by whichever side, and its number may be used again.
    mutating func channelClosed() {
        hasChannel = false
        hasClosedChannel = true
        breakOff()
        announcements = []
    }

    // MARK: What is to be done

    /// The next message for the channel.
    mutating func nextMessage() -> ForwardingMessage? {
        guard !isBlocked else { return nil }
        if !announcements.isEmpty { return announcements.removeFirst() }
        if phase == .open {
            if credit > 0, let data = nextData() {
                askToRead()
                return .data(data)
            }
            if hasReadEnd, !hasSentEnd, waitingBytes == 0 {
                hasSentEnd = true
                finishIfDone()
                return .end
            }
        }
        if phase == .over, !hasClosedChannel {
            hasClosedChannel = true
            events.append(.closeChannel)
        }
        return nil
    }

    /// A message that the channel did not take.
    mutating func giveBack(_ message: ForwardingMessage) {
        switch message {
        case .data(let bytes):
            guard phase == .open else { return }
            waiting.prepend(bytes[...])
            waitingBytes += bytes.count
            credit += bytes.count
            sentBytes -= bytes.count
        case .end where phase == .open:
            hasSentEnd = false
        case .opened, .failed, .credit, .end, .reset:
            announcements.insert(message, at: 0)
        }
    }

    mutating func takeEvents() -> [ForwardingEvent] {
        defer { events = [] }
        return events
    }

    /// Ends it at once, and tells both ends.
    mutating func breakOff() {
        guard phase != .over else { return }
        phase = .over
        announcements = [.reset]
        dropWaiting()
        if hasSocket { events.append(.reset) }
    }

    // MARK: Parts of it

    private mutating func nextData() -> [UInt8]? {
        guard let first = waiting.popFirst() else { return nil }
        let data = first.prefix(min(credit, ForwardingMessage.maximumDataBytes))
        if data.count < first.count { waiting.prepend(first.dropFirst(data.count)) }
        waitingBytes -= data.count
        credit -= data.count
        sentBytes += data.count
        return Array(data)
    }

    private mutating func askToRead() {
        guard phase == .open, !isReading, !hasReadEnd, waitingBytes < limits.readAhead else { return }
        isReading = true
        events.append(.read)
    }

    private mutating func allow(_ count: Int) {
        allowance += count
        if case .credit(let before)? = announcements.last {
            announcements[announcements.count - 1] = .credit(before + UInt32(count))
        } else {
            announcements.append(.credit(UInt32(count)))
        }
    }

    private mutating func dropWaiting() {
        waiting = SessionQueue()
        waitingBytes = 0
    }

    private mutating func finishIfDone() {
        guard phase == .open, hasSentEnd, hasHeardEnd else { return }
        phase = .over
        events.append(.finish)
    }
}
