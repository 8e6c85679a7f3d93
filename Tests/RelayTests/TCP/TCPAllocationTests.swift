import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

/// A client with a TCP allocation, and what its tests do again and again.
struct TCPRelaying {
    let peer = TransportAddress(literal: "1.1.1.1:80")
    var machine: Machine
    var client = HandClient(transport: .tcp)
    /// Has no allocation: the connection that ConnectionBind comes by.
    var data = HandClient("8.8.4.4:40001", transport: .tcp)
    let port: RelayedPort

    init(_ machine: Machine = makeMachine()) throws {
        self.machine = machine
        try client.learnNonce(&self.machine)
        data.nonce = client.nonce  // one nonce serves all streams of an address
        let answer = try client.ask(client.request(.allocate, [RequestedTransport(.tcp), Lifetime(3600)]), &self.machine)
        #expect(answer.messageClass == .successResponse)
        port = RelayedPort(rawValue: Int(try #require(answer[XORRelayedAddress.self]).address.port))
    }

    /// Sends a Connect, and returns what is to be connected.
    mutating func startConnect(to peer: TransportAddress? = nil, at now: Instant = .zero) throws -> ConnectionID {
        let outputs = client.exchange(client.request(.connect, [XORPeerAddress(peer ?? self.peer)]), &machine, at: now)
        guard outputs.count == 1, case .stream(.connect(let id, port, peer ?? self.peer)) = outputs[0] else {
            throw HandClient.NoAnswer()
        }
        return id
    }

    mutating func connect(to peer: TransportAddress? = nil, at now: Instant = .zero) throws -> ConnectionID {
        let id = try startConnect(to: peer, at: now)
        machine.peerConnected(id, at: now)
        let answer = try answer()
        #expect(answer.messageClass == .successResponse && answer[ConnectionID.self] == id)
        return id
    }

    mutating func connectCode(_ attributes: [any Attribute], at now: Instant = .zero) throws -> Int? {
        try client.code(.connect, attributes, &machine, at: now)
    }

    /// A message for the control connection, and nothing else, came out.
    mutating func answer() throws -> Message {
        let outputs = drain(&machine)
        guard outputs.count == 1, case .toClient(client.fiveTuple, let bytes) = outputs[0] else { throw HandClient.NoAnswer() }
        return try Message(decoding: bytes)
    }

    mutating func bind(_ id: ConnectionID, at now: Instant = .zero) throws -> Message {
        let outputs = data.exchange(data.request(.connectionBind, [id]), &machine, at: now)
        guard outputs.count == 1 else { throw HandClient.NoAnswer() }
        switch outputs[0] {
        case .stream(.bind(data.fiveTuple, id, let bytes)), .toClient(data.fiveTuple, let bytes):
            return try Message(decoding: bytes)
        default:
            throw HandClient.NoAnswer()
        }
    }

    mutating func arrive(from peer: TransportAddress, at now: Instant = .zero) throws -> ConnectionID? {
        let id = machine.peerArrived(peer, on: port, at: now)
        guard let id else {
            #expect(drain(&machine).isEmpty)
            return nil
        }
        let attempt = try answer()
        #expect(attempt.messageClass == .indication && attempt.method == .connectionAttempt)
        #expect(attempt[XORPeerAddress.self]?.address == peer && attempt[ConnectionID.self] == id)
        return id
    }
}

@Suite("TCP allocations: Allocate and their end (RFC 6062)")
struct TCPAllocationTests {
    static let refusals: [(String, Int, [any Attribute])] = [
        ("DONT-FRAGMENT", 400, [DontFragment()]),
        ("EVEN-PORT", 400, [EvenPort(reservesNext: false)]),
        ("RESERVATION-TOKEN", 400, [ReservationToken(1)]),
        ("ADDITIONAL-ADDRESS-FAMILY", 400, [AdditionalAddressFamily(.ipv6)]),
        ("family 3", 440, [RequestedAddressFamily(number: 3)]),
    ]

    @Test("what TCP allocations cannot have is refused", arguments: refusals.indices)
    func refused(index: Int) throws {
        let (name, code, attributes) = Self.refusals[index]
        var machine = makeMachine()
        var client = HandClient(transport: .tcp)
        try client.learnNonce(&machine)
        #expect(try client.code(.allocate, [RequestedTransport(.tcp)] + attributes, &machine) == code, "\(name)")
        #expect(machine.allocationCount == 0 && machine.host.quotas.total == 0)
    }

    @Test("over UDP there is none: 400")
    func overUDP() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        #expect(try client.code(.allocate, [RequestedTransport(.tcp)], &machine) == 400)
    }

    @Test("442 where they are not served, 508 where there is no port, 486 and 403 for whom it is not for; nothing is counted")
    func unavailable() throws {
        var machine = makeMachine()
        var client = HandClient(transport: .tcp)
        try client.learnNonce(&machine)
        let wish: [any Attribute] = [RequestedTransport(.tcp)]
        machine.host.servesTCP = false
        #expect(try client.code(.allocate, wish, &machine) == 442)
        machine.host.servesTCP = true
        machine.host.isFull = true
        #expect(try client.code(.allocate, wish, &machine) == 508)
        machine.host.isFull = false
        let guest = TimeLimitedCredential(user: "i-abc", expiry: .max, secret: "shared")
        (client.username, client.password) = (guest.username, guest.password)
        #expect(try client.code(.allocate, wish, &machine) == 403)
        #expect(machine.host.quotas.total == 0)
        machine.host.quotas = QuotaLedger(limits: .init(perUser: 0, total: 1))
        (client.username, client.password) = ("alice", "secret")
        #expect(try client.code(.allocate, wish, &machine) == 486)
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]), peerPolicy: PeerPolicy())
        configuration.servesTCPAllocations = false
        machine.reconfigure(configuration, at: .zero)
        #expect(try client.code(.allocate, wish, &machine) == 442)
    }

    @Test("a TCP relayed address carries no datagrams")
    func noDatagrams() throws {
        var relaying = try TCPRelaying()
        #expect(try relaying.client.permit([relaying.peer], &relaying.machine) == nil)
        #expect(try relaying.client.bind(0x4000, relaying.peer, &relaying.machine) == 403)
        let send = relaying.client.sendIndication([1], to: relaying.peer)
        #expect(relaying.client.exchange(send, &relaying.machine).isEmpty)
    }

    @Test("the allocation's end closes every connection and gives back what it held")
    func end() throws {
        var relaying = try TCPRelaying()
        let other = TransportAddress(literal: "1.1.1.2:80")
        let ids = [try relaying.connect(), try relaying.startConnect(to: other)]
        #expect(try relaying.bind(ids[0]).messageClass == .successResponse)
        relaying.machine.connectionClosed(relaying.client.fiveTuple)
        #expect(Set(drain(&relaying.machine)) == Set(ids.map { .stream(.close($0)) }))
        #expect(relaying.machine.host.connections.count == 0 && relaying.machine.host.quotas.total == 0)
        #expect(relaying.machine.host.open.isEmpty && relaying.machine.peerConnectionCount == 0)
        // The shell may be late with what it did meanwhile.
        relaying.machine.peerConnected(ids[1], at: .zero)
        #expect(drain(&relaying.machine) == [.stream(.close(ids[1]))])
        relaying.machine.peerConnectionFailed(ids[1])
        relaying.machine.peerConnectionClosed(ids[0])
        #expect(drain(&relaying.machine).isEmpty)
    }

    @Test("an allocation that expires takes its connections along")
    func expiry() throws {
        var relaying = try TCPRelaying()
        let id = try relaying.connect(at: .at(3590))
        relaying.machine.handleTimeout(at: .at(3600))
        #expect(Set(drain(&relaying.machine)) == [.stream(.close(id)), .disconnect(relaying.client.fiveTuple)])
    }
}
