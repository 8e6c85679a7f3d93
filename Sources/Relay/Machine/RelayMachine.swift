public import NetPrimitives
import STUN
import TURN

/// A TURN server without sockets: what one worker runs (RFC 8656).
///
/// Give it what arrives from clients and peers, drain `nextOutput()`, call `handleTimeout` when `nextDeadline`
/// has passed. Unauthenticated requests change nothing in it.
public struct RelayMachine<Host: RelayHost> {
    public var host: Host
    /// What happened so far; the driver adds what it alone can see.
    public var counters = RelayCounters()
    var configuration: RelayConfiguration
    /// Whom a USERHASH may stand for; empty when none is asked for.
    var namesByHash: [Userhash: String]
    let nonces: NonceIssuer
    let tickets: MobilityTickets
    var random: any RandomNumberGenerator & Sendable
    /// Limits what is relayed; the driver asks it for what it forwards by itself.
    public let traffic: TrafficMeters
    var allocations: AllocationTable
    var peerConnections = PeerConnectionTable()
    /// The five-tuples that clients have moved to and sent no data from yet, and those that their allocations have.
    var movers: [FiveTuple: FiveTuple] = [:]
    private var outputs: [RelayOutput] = []
    private var nextOutputIndex = 0
    var forwarding = ForwardingChanges()
    var timers = RelayTimers()

    /// - Parameters:
    ///   - nonces: of one secret for all machines of a process.
    ///   - tickets: of one secret for all machines of a process.
    ///   - random: makes the transaction ids of indications, the names of mobile allocations, and the tables' seed.
    public init(
        configuration: RelayConfiguration, nonces: NonceIssuer, tickets: MobilityTickets, host: Host,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.random = random
        allocations = AllocationTable(using: &self.random)
        self.configuration = configuration
        namesByHash = configuration.namesByHash
        self.nonces = nonces
        self.tickets = tickets
        self.host = host
        traffic = TrafficMeters(total: host.totalTraffic, limits: configuration.traffic)
    }

    /// Bytes of a request at most: 128 IPv6 addresses and long credentials fit. Work grows faster than a request does.
    private static var maximumRequestSize: Int { 6144 }

    public var allocationCount: Int { allocations.count }

    /// Permissions and channels of a client's allocation: what tests and status pages count.
    public func tableSizes(of client: FiveTuple, at now: Instant) -> (permissions: Int, channels: Int)? {
        guard let index = allocations.index(of: client, at: now), let allocation = allocations[index] else { return nil }
        return (allocation.permissions.count, allocation.channels.count)
    }

    /// Takes other users, secrets, rules and limits; allocations stay, but for those of whom a ban covers now, and the new rules
    /// hold for their next datagram.
    public mutating func reconfigure(_ configuration: RelayConfiguration, at now: Instant) {
        let formerBans = self.configuration.bans
        self.configuration = configuration
        if configuration.bans != formerBans { endBanned() }
        namesByHash = configuration.namesByHash
        if traffic.setLimits(configuration.traffic, at: now) { host.forgiveTraffic(at: now) }
        closeForbiddenConnections()
        updateAllForwarding()
    }

    // MARK: What arrives

    /// Takes one datagram, or one message cut from a stream.
    ///
    /// - Parameter wallClock: seconds since 1970, for credentials that expire.
    public mutating func receive(
        _ bytes: [UInt8], from client: FiveTuple, at now: Instant, wallClock: Int64
    ) {
        if ChannelData.looksLike(bytes) {
            confirmMove(of: client, at: now)
            relayChannelData(bytes, from: client, at: now)
        } else if let message = try? Message(decoding: bytes) {
            guard message.messageClass != .request || bytes.count <= Self.maximumRequestSize else { return }
            if message.messageClass == .request, shutsOut(client.client.ip) { return counters.bannedRequests.count(.address) }
            if message.messageClass == .request { counters.requests.count(CountedMethod(message.method)) }
            switch (message.messageClass, message.method) {
            case (.request, .binding): answerBinding(message, size: bytes.count, from: client, at: now)
            case (.request, _):
                if let id = allocationElsewhere(of: message, from: client, at: now) {
                    push(.mobility(.forward(bytes, from: client, of: id)))
                } else {
                    handleRequest(message, from: client, at: now, wallClock: wallClock)
                }
            case (.indication, .send):
                confirmMove(of: client, at: now)
                relaySendIndication(message, from: client, at: now)
            case (.indication, _), (.successResponse, _), (.errorResponse, _): break
            }
        }
    }

    /// A client's stream is gone, and with it what it had; unless it is mobile, and may come back by another way.
    public mutating func connectionClosed(_ client: FiveTuple) {
        guard movers[client] == nil else { return cancelMove(to: client) }
        guard let index = allocations.index(of: client) else { return }
        // A DTLS session says that it ends to end what it had; a client that has vanished leaves it to its time.
        if let mobility = allocations[index]?.mobility, !client.isSecured || mobility.next != nil { return strand(index) }
        endAllocation(index, .disconnected)
    }

    /// A client's stream is new: what an earlier one on the same five-tuple left is not its own.
    public mutating func connectionOpened(_ client: FiveTuple) {
        cancelMove(to: client)
        endAllocation(of: client, .disconnected)
    }

    // MARK: Outputs

    public mutating func nextOutput() -> RelayOutput? {
        guard nextOutputIndex < outputs.count else {
            if nextOutputIndex > 0 { outputs.removeAll(keepingCapacity: true) }
            nextOutputIndex = 0
            return nil
        }
        defer { nextOutputIndex += 1 }
        return outputs[nextOutputIndex]
    }

    mutating func push(_ output: RelayOutput) { outputs.append(output) }

    // MARK: Allocations

    /// The allocation that a client speaks for, from the five-tuple that it has or moves to.
    func index(of client: FiveTuple, at now: Instant) -> AllocationTable.Index? {
        allocations.index(of: client, at: now)
            ?? (movers.isEmpty ? nil : movers[client].flatMap { allocations.index(of: $0, at: now) })
    }

    /// Ends what a five-tuple has, if it has anything.
    mutating func endAllocation(of client: FiveTuple, _ end: RelayCounters.AllocationEnd) {
        if let index = allocations.index(of: client) { endAllocation(index, end) }
    }

    mutating func endAllocation(_ index: AllocationTable.Index, _ end: RelayCounters.AllocationEnd) {
        guard let allocation = takeAllocation(index) else { return }
        counters.allocationsEnded.count(end)
        releaseConnections(of: allocation.client)
        endForwarding(of: allocation)
        endMobility(of: allocation)
        closeMeter(of: allocation)
        for address in allocation.relayed.all { release(address, of: allocation.holder) }
    }

    mutating func release(_ address: RelayedAddress, of holder: QuotaHolder) {
        host.close(address.port)
        host.releaseQuota(for: holder)
    }
}

extension RelayMachine: Sendable where Host: Sendable {}
