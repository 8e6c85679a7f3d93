import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

/// A host whose ports are a table: 50000 and up, in order, of 9.9.9.9 and 2600::9.
struct FakeHost: RelayHost, Sendable {
    static let ipv4 = IPAddress(literal: "9.9.9.9")
    static let ipv6 = IPAddress(literal: "2600::9")

    var open: [RelayedPort: TransportAddress] = [:]
    var reservations = Reservations<(port: RelayedPort, address: TransportAddress, holder: QuotaHolder)>()
    var quotas = QuotaLedger()
    var limiter = UnprovenRateLimiter(limit: 0, seed: 1)
    var totalTraffic = TrafficBudget()
    var traffic = TrafficBudgets()
    var hasIPv6 = true
    var isFull = false
    /// Why a family's ports are not opened.
    var failures: [IPAddress.Family: PortError] = [:]
    var servesTCP = true
    var connections = ConnectionRegistry()
    var homes: [MobileID: [TransportAddress]] = [:]
    /// Mobile allocations of another machine's.
    var elsewhere: Set<MobileID> = []
    private var nextPort: UInt16 = 50001
    private var random = SplitMix64(seed: 9)

    mutating func open(
        _ request: PortRequest, for client: FiveTuple, chargedTo holder: QuotaHolder, at now: Instant
    ) throws(PortError) -> OpenedPort {
        sweepReservations(at: now)
        if isFull { throw .insufficientCapacity }
        switch request {
        case .any(let family):
            return try make(family)
        case .even(let family, let reservesNext):
            if !nextPort.isMultiple(of: 2) { nextPort += 1 }
            var opened = try make(family)
            if reservesNext, quotas.take(for: holder) == .granted {
                let next = try make(family)
                opened.reservation = reservations.hold((next.port, next.address, holder), using: &random, at: now)
            }
            return opened
        case .reserved(let token):
            guard let (port, address, former) = reservations.claim(token, at: now) else { throw .insufficientCapacity }
            quotas.transfer(from: former, to: holder)
            return OpenedPort(port: port, address: address)
        }
    }

    mutating func sweepReservations(at now: Instant) {
        for (port, _, former) in reservations.removeExpired(at: now) {
            open[port] = nil
            quotas.release(for: former)
        }
    }

    private mutating func make(_ family: IPAddress.Family) throws(PortError) -> OpenedPort {
        guard family == .ipv4 || hasIPv6 else { throw .familyNotSupported }
        if let failure = failures[family] { throw failure }
        let port = RelayedPort(rawValue: Int(nextPort))
        let address = TransportAddress(ip: family == .ipv4 ? Self.ipv4 : Self.ipv6, port: nextPort)
        nextPort += 1
        open[port] = address
        return OpenedPort(port: port, address: address)
    }

    mutating func openTCP(_ family: IPAddress.Family, for client: FiveTuple) throws(PortError) -> OpenedPort {
        if isFull { throw .insufficientCapacity }
        return try make(family)
    }

    mutating func addConnection(for username: String, isOpen: Bool) -> ConnectionID? {
        connections.add(for: username, isOpen: isOpen, using: &random)
    }
    mutating func openConnection(_ id: ConnectionID) { connections.open(id) }
    mutating func bindConnection(_ id: ConnectionID, for username: String) -> Bool { connections.bind(id, for: username) }
    func isBound(_ id: ConnectionID) -> Bool { connections.isBound(id) }
    mutating func removeConnection(_ id: ConnectionID) { connections.remove(id) }

    mutating func setHome(of id: MobileID, _ relayed: [TransportAddress]) { homes[id] = relayed.isEmpty ? nil : relayed }
    func home(of id: MobileID) -> RelayedHome? {
        if elsewhere.contains(id) { return .elsewhere }
        let ports = (homes[id] ?? []).compactMap { address in open.first { $0.value == address }?.key }
        return ports.first.map { .here($0) }
    }

    mutating func close(_ port: RelayedPort) { open[port] = nil }
    func isRelayed(_ address: TransportAddress) -> Bool { open.values.contains(address) }
    mutating func takeQuota(for holder: QuotaHolder) -> QuotaLedger.Verdict { quotas.take(for: holder) }
    mutating func releaseQuota(for holder: QuotaHolder) { quotas.release(for: holder) }
    mutating func admitsNewPeers(_ count: Int, of holder: QuotaHolder, at now: Instant) -> Bool {
        quotas.takeNewPeers(count, for: holder.user, at: now)
    }
    mutating func takeTraffic(of user: String, at now: Instant) -> TrafficBudget { traffic.take(user, at: now) }
    mutating func releaseTraffic(of user: String) { traffic.release(user) }
    mutating func forgiveTraffic(at now: Instant) { traffic.forgive(at: now) }
    mutating func admitsUnproven(_ source: IPAddress, at now: Instant) -> Bool { limiter.admits(source, at: now) }
}

typealias Machine = RelayMachine<FakeHost>

func makeMachine(
    users: UserDirectory = UserDirectory(passwords: ["alice": "secret", "bob": "hunter2"], secrets: ["shared"]),
    policy: PeerPolicy = PeerPolicy(ownAddresses: [FakeHost.ipv4]), host: FakeHost = FakeHost()
) -> Machine {
    Machine(
        configuration: RelayConfiguration(realm: "ra-relay", users: users, peerPolicy: policy),
        nonces: NonceIssuer(secret: Array(repeating: 7, count: 32)),
        tickets: MobilityTickets(secret: Array(repeating: 8, count: 32)), host: host, random: SplitMix64(seed: 5))
}

/// A client that writes each request by hand, so that a test can write it wrong.
struct HandClient {
    /// Seconds since 1970 in all tests.
    static let wallClock: Int64 = 1_800_000_000

    var fiveTuple: FiveTuple
    var username = "alice"
    var password = "secret"
    var realm = "ra-relay"
    var nonce = ""
    var algorithm = IntegrityAlgorithm.sha1
    private var random = SplitMix64(seed: 2)

    init(_ address: String = "8.8.4.4:40000", transport: TransportProtocol = .udp) {
        fiveTuple = FiveTuple(
            transport: transport, client: TransportAddress(literal: address),
            server: TransportAddress(literal: "9.9.9.9:3478"))
    }

    var key: IntegrityKey { .longTerm(username: username, realm: realm, password: password) }

    mutating func newID() -> TransactionID { TransactionID(using: &random) }

    /// A request with this client's credentials.
    mutating func request(
        _ method: STUN.Method, id: TransactionID? = nil, fingerprint: Bool = false, _ attributes: [any Attribute] = []
    ) -> [UInt8] {
        var builder = MessageBuilder(.request, method, transactionID: id ?? newID())
        for attribute in attributes { builder.add(attribute) }
        builder.add(Username(username))
        builder.add(Realm(realm))
        builder.add(Nonce(nonce))
        return builder.finish(key: key, algorithm: algorithm, fingerprint: fingerprint)
    }

    mutating func bare(_ method: STUN.Method, fingerprint: Bool = false, _ attributes: [any Attribute] = []) -> [UInt8] {
        var builder = MessageBuilder(.request, method, transactionID: newID())
        for attribute in attributes { builder.add(attribute) }
        return builder.finish(fingerprint: fingerprint)
    }

    mutating func sendIndication(_ payload: [UInt8], to peer: TransportAddress, _ more: [any Attribute] = []) -> [UInt8] {
        var builder = MessageBuilder(.indication, .send, transactionID: newID())
        builder.add(XORPeerAddress(peer))
        builder.add(DataAttribute(payload[...]))
        for attribute in more { builder.add(attribute) }
        return builder.finish()
    }

    /// Sends bytes and returns everything that came out.
    func exchange(_ bytes: [UInt8], _ machine: inout Machine, at now: Instant = .zero) -> [RelayOutput] {
        machine.receive(bytes, from: fiveTuple, at: now, wallClock: Self.wallClock)
        return drain(&machine)
    }

    /// Sends a request and returns the one answer.
    func ask(_ bytes: [UInt8], _ machine: inout Machine, at now: Instant = .zero) throws -> Message {
        let outputs = exchange(bytes, &machine, at: now)
        #expect(outputs.count == 1)
        guard case .toClient(let destination, let answer) = try #require(outputs.first) else {
            throw NoAnswer()
        }
        #expect(destination == fiveTuple)
        return try Message(decoding: answer)
    }

    struct NoAnswer: Error {}

    /// Learns a nonce from a 401.
    mutating func learnNonce(_ machine: inout Machine, at now: Instant = .zero) throws {
        let challenge = try ask(bare(.allocate, [RequestedTransport(.udp)]), &machine, at: now)
        #expect(challenge[ErrorCode.self]?.code == 401)
        nonce = try #require(challenge[Nonce.self]).text
    }

    /// Allocates, and returns the success.
    @discardableResult
    mutating func allocate(_ machine: inout Machine, at now: Instant = .zero, _ more: [any Attribute] = []) throws -> Message {
        if nonce.isEmpty { try learnNonce(&machine, at: now) }
        let answer = try ask(request(.allocate, [RequestedTransport(.udp)] + more), &machine, at: now)
        #expect(answer.messageClass == .successResponse, "\(String(describing: answer[ErrorCode.self]))")
        return answer
    }

    /// The error code of the answer; nil for a success.
    mutating func code(
        _ method: STUN.Method, _ attributes: [any Attribute], _ machine: inout Machine, at now: Instant = .zero
    ) throws -> Int? {
        let answer = try ask(request(method, attributes), &machine, at: now)
        #expect(throws: Never.self) { try answer.authenticated(with: key) }
        return answer[ErrorCode.self]?.code
    }

    mutating func permit(_ peers: [TransportAddress], _ machine: inout Machine, at now: Instant = .zero) throws -> Int? {
        try code(.createPermission, peers.map { XORPeerAddress($0) as any Attribute }, &machine, at: now)
    }

    mutating func bind(
        _ number: UInt16, _ peer: TransportAddress, _ machine: inout Machine, at now: Instant = .zero
    ) throws -> Int? {
        try code(.channelBind, [try #require(ChannelNumber(rawValue: number)), XORPeerAddress(peer)], &machine, at: now)
    }
}

func drain(_ machine: inout Machine) -> [RelayOutput] {
    var outputs: [RelayOutput] = []
    while let output = machine.nextOutput() { outputs.append(output) }
    return outputs
}

