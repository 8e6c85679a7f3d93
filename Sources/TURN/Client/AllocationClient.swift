public import NetPrimitives
public import STUN

/// A TURN client with one allocation: gets it, keeps it, sends and receives through it (RFC 8656).
///
/// Bytes come and go in the form of the transport to the server: datagrams over UDP, any run of the
/// stream over TCP and TLS. Drain `nextTransmit()` and `nextEvent()` after every call.
public struct AllocationClient: Sendable {
    public enum Event: Hashable, Sendable {
        /// The allocation is there. `reflexive` is our address as the server saw it.
        case allocated(relayed: TransportAddress, reflexive: TransportAddress, lifetime: Duration)
        /// There will be no allocation; the client is finished.
        case failed(AllocationFailure)
        /// A peer sent a datagram to the relayed address.
        case data([UInt8], from: TransportAddress)
        /// A datagram to a peer was dropped on its way; port 0 when the server does not know it (RFC 8656 §11.6).
        case unreachable(TransportAddress, ICMP)
        /// The server refuses to relay for this address; what waited for it was dropped.
        case permissionDenied(IPAddress, ErrorCode)
        /// The allocation is gone, or the server is; the client is finished.
        case lost
    }

    enum Phase: Hashable, Sendable {
        case allocating
        case allocated(refreshAt: Instant)
        /// Closed before the answer to Allocate came: if it is a success, it is released.
        case abandoning
        case closing
        case finished
    }

    /// Permissions and channels at most; peers beyond them are dropped.
    public static let maximumPeers = 256
    /// Datagrams that wait for one permission at most: a handful of connectivity checks.
    public static let maximumQueued = 32
    /// 401s with another realm and 438s, for one purpose in a row, before the server is thought to be broken:
    /// the first challenge, and three more.
    static let maximumChallenges = 4
    /// A permission lasts 300 s (RFC 8656 §9) and a request may be on its way for 39.5 s.
    static let permissionRefreshInterval = Duration.seconds(240)
    /// A binding lasts 600 s (RFC 8656 §12).
    static let channelRefreshInterval = Duration.seconds(480)

    public let server: TransportAddress
    public let transport: TransportProtocol
    var requestedFamily: IPAddress.Family?
    let software: String?
    var random: any RandomNumberGenerator & Sendable
    var credentials: LongTermCredentials
    var phase = Phase.allocating
    var requests: [TransactionID: ClientRequest] = [:]
    var permissions: [IPAddress: ClientPermission] = [:]
    var channels: [TransportAddress: ClientChannel] = [:]
    var channelPeers: [ChannelNumber: TransportAddress] = [:]
    var framer = StreamFramer()
    var transmits = ClientQueue<[UInt8]>()
    var events = ClientQueue<Event>()
    /// The relayed address, once there is one.
    public internal(set) var relayed: TransportAddress?

    /// Begins to allocate at once.
    ///
    /// - Parameters:
    ///   - transport: how the server is reached; TLS counts as `.tcp`.
    ///   - requestedFamily: the relayed address's family; nil leaves it to the server, which takes IPv4, and
    ///     IPv6 where it says that it has none of IPv4.
    ///   - mayHideUsername: whether a server that wants USERHASH gets it. No for time-limited credentials: their name is
    ///     new each time, and a server that never saw it cannot know it by its hash.
    ///   - software: names the client in the server's logs.
    ///   - random: makes transaction ids; the system's generator outside tests.
    public init(
        server: TransportAddress, transport: TransportProtocol, username: String, password: String,
        requestedFamily: IPAddress.Family? = nil, mayHideUsername: Bool = true, software: String? = nil,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(), at now: Instant
    ) {
        self.server = server
        self.transport = transport
        self.requestedFamily = requestedFamily
        self.software = software
        self.random = random
        credentials = LongTermCredentials(
            username: username, password: password, mayHideUsername: mayHideUsername)
        start(.allocate, at: now)
    }

    /// Whether it has failed, is lost, or is closed and the server knows.
    public var isFinished: Bool { phase == .finished }

    /// Whether data for this peer travels as ChannelData.
    public func isBound(to peer: TransportAddress) -> Bool {
        if case .bound = channels[peer]?.state { return true }
        return false
    }

    // MARK: Commands

    /// Asks the server to relay between the allocation and an address, whatever the port, and keeps it so.
    public mutating func createPermission(for ip: IPAddress, at now: Instant) {
        switch permissions[ip] {
        case .pending, .active: return
        case .denied, nil: break
        }
        guard isAlive, permissions[ip] != nil || permissions.count < Self.maximumPeers else { return }
        permissions[ip] = .pending([])
        if isAllocated { start(.permission(ip), at: now) }
    }

    /// Asks for a channel to a peer, so that data costs 4 bytes more instead of 36, and keeps it bound.
    public mutating func bindChannel(to peer: TransportAddress, at now: Instant) {
        guard isAlive, channels[peer] == nil, channels.count < Self.maximumPeers,
            let number = ChannelNumber(rawValue: ChannelNumber.preferred.lowerBound + UInt16(channels.count))
        else { return }
        channels[peer] = ClientChannel(number: number, state: .pending)
        channelPeers[number] = peer
        if isAllocated { start(.channel(peer), at: now) }
    }

    /// Sends a datagram from the relayed address: as ChannelData when the peer has a channel, else as a
    /// Send indication; it waits while there is no permission yet, which is asked for.
    public mutating func send(_ payload: [UInt8], to peer: TransportAddress, at now: Instant) {
        guard isAlive, payload.count <= Self.maximumPayload else { return }
        if permissions[peer.ip] == nil { createPermission(for: peer.ip, at: now) }
        switch permissions[peer.ip] {
        case .active:
            transmit(payload[...], to: peer)
        case .pending(var queue):
            guard queue.count < Self.maximumQueued else { return }
            queue.append(ClientPermission.Queued(peer: peer, payload: payload[...]))
            permissions[peer.ip] = .pending(queue)
        case .denied, nil:
            break
        }
    }

    /// Gives the allocation back; no event follows.
    public mutating func close(at now: Instant) {
        switch phase {
        case .allocating:
            phase = .abandoning
        case .allocated:
            requests.removeAll()
            phase = .closing
            start(.release, at: now)
        case .abandoning, .closing, .finished:
            return
        }
        permissions.removeAll()
        channels.removeAll()
        channelPeers.removeAll()
        events.removeAll()
    }

    // MARK: Outputs

    /// The next bytes for the server, framed for the transport; nil until something else happens.
    public mutating func nextTransmit() -> [UInt8]? { transmits.pop() }

    public mutating func nextEvent() -> Event? { events.pop() }

    // MARK: Time

    /// When `handleTimeout` has something to do; nil when nothing will.
    public var nextDeadline: Instant? {
        var deadline: Instant?
        func consider(_ instant: Instant?) { deadline = .earliest(deadline, instant) }
        for request in requests.values { consider(request.transaction.nextDeadline) }
        if case .allocated(let refreshAt) = phase {
            let underWay = purposesUnderWay
            if !underWay.contains(.refresh) { consider(refreshAt) }
            for case (let ip, .active(let refreshAt)) in permissions where !underWay.contains(.permission(ip)) {
                consider(refreshAt)
            }
            for (peer, channel) in channels {
                if case .bound(let refreshAt) = channel.state, !underWay.contains(.channel(peer)) { consider(refreshAt) }
            }
        }
        return deadline
    }

    public mutating func handleTimeout(at now: Instant) {
        for (id, var request) in requests where (request.transaction.nextDeadline).map({ $0 <= now }) == true {
            switch request.transaction.handleTimeout(at: now) {
            case .wait:
                break
            case .retransmit:
                requests[id] = request
                transmits.push(request.transaction.request)
            case .giveUp:
                requests[id] = nil
                handleSilence()
                if isFinished { return }
            }
        }
        guard case .allocated(let refreshAt) = phase else { return }
        let underWay = purposesUnderWay
        if refreshAt <= now, !underWay.contains(.refresh) { start(.refresh, at: now) }
        for case (let ip, .active(let refreshAt)) in permissions where refreshAt <= now {
            if !underWay.contains(.permission(ip)) { start(.permission(ip), at: now) }
        }
        for (peer, channel) in channels {
            guard case .bound(let refreshAt) = channel.state, refreshAt <= now else { continue }
            if !underWay.contains(.channel(peer)) { start(.channel(peer), at: now) }
        }
    }

    // MARK: State

    /// What fits a Send indication in a UDP datagram (65,507 bytes) beside its other attributes.
    static let maximumPayload = 65_000

    var isAllocated: Bool {
        if case .allocated = phase { return true }
        return false
    }

    /// Whether there is, or may yet be, an allocation to use.
    var isAlive: Bool { phase == .allocating || isAllocated }

    private var purposesUnderWay: Set<ClientRequest.Purpose> { Set(requests.values.lazy.map(\.purpose)) }

    mutating func finish(_ event: Event?) {
        phase = .finished
        requests.removeAll()
        permissions.removeAll()
        channels.removeAll()
        channelPeers.removeAll()
        if let event { events.push(event) }
    }
}
