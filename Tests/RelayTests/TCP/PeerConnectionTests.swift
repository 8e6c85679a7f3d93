import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Connections with peers: Connect, ConnectionAttempt, ConnectionBind (RFC 6062)")
struct PeerConnectionTests {
    var relaying: TCPRelaying

    init() throws { relaying = try TCPRelaying() }

    @Test("Connect is answered when the connection is there; ConnectionBind joins the client's other connection to it")
    mutating func connect() throws {
        let id = try relaying.startConnect()
        #expect(try relaying.bind(id)[ErrorCode.self]?.code == 400, "it is not connected yet")
        relaying.machine.peerConnected(id, at: .at(1))
        let answer = try relaying.answer()
        #expect(answer.messageClass == .successResponse && answer[ConnectionID.self] == id)
        #expect(throws: Never.self) { try answer.authenticated(with: relaying.client.key) }
        let bound = try relaying.bind(id, at: .at(2))
        #expect(bound.messageClass == .successResponse && bound.method == .connectionBind)
        #expect(throws: Never.self) { try bound.authenticated(with: relaying.data.key) }
        #expect(try relaying.bind(id, at: .at(3))[ErrorCode.self]?.code == 400, "once is enough")
        // Bound connections live as long as the allocation does.
        relaying.machine.handleTimeout(at: .at(100))
        #expect(drain(&relaying.machine).isEmpty && relaying.machine.nextDeadline == .at(3600))
        #expect(try relaying.connectCode([XORPeerAddress(relaying.peer)], at: .at(100)) == 446)
        relaying.machine.peerConnectionClosed(id)
        #expect(relaying.machine.peerConnectionCount == 0 && relaying.machine.host.connections.count == 0)
        _ = try relaying.connect(at: .at(101))
    }

    @Test("each Connect that cannot be has its code")
    mutating func refusals() throws {
        #expect(try relaying.connectCode([]) == 400)
        #expect(try relaying.connectCode([WrongSize<XORPeerAddress>()]) == 400)
        #expect(try relaying.connectCode([XORPeerAddress(TransportAddress(literal: "10.0.0.1:80"))]) == 403)
        #expect(try relaying.connectCode([XORPeerAddress(TransportAddress(ip: FakeHost.ipv4, port: 50_001))]) == 403)
        #expect(try relaying.connectCode([XORPeerAddress(TransportAddress(literal: "1.1.1.1:0"))]) == 403)
        #expect(try relaying.connectCode([XORPeerAddress(TransportAddress(literal: "[2600::1]:80"))]) == 443)
        #expect(try relaying.data.code(.connect, [XORPeerAddress(relaying.peer)], &relaying.machine) == 437)
        _ = try relaying.startConnect()
        #expect(try relaying.connectCode([XORPeerAddress(relaying.peer)]) == 446)
        (relaying.client.username, relaying.client.password) = ("bob", "hunter2")
        #expect(try relaying.connectCode([XORPeerAddress(relaying.peer)]) == 441)
    }

    @Test("an allocation for datagrams connects to nobody: 437")
    mutating func datagrams() throws {
        var client = HandClient("8.8.4.4:40002", transport: .tcp)
        try client.allocate(&relaying.machine)
        #expect(try client.code(.connect, [XORPeerAddress(relaying.peer)], &relaying.machine) == 437)
        #expect(relaying.machine.peerArrived(relaying.peer, on: RelayedPort(rawValue: 50_002), at: .zero) == nil)
    }

    @Test("447 when the peer refuses, and after 30 seconds; what comes later is closed")
    mutating func failure() throws {
        let id = try relaying.startConnect()
        relaying.machine.peerConnectionFailed(id)
        #expect(try relaying.answer()[ErrorCode.self]?.code == 447)
        relaying.machine.handleTimeout(at: .at(30))  // the deadline of what is gone already
        let slow = try relaying.startConnect(at: .at(10))
        #expect(relaying.machine.nextDeadline == .at(40))
        relaying.machine.handleTimeout(at: .at(39.9))
        #expect(drain(&relaying.machine).isEmpty)
        relaying.machine.handleTimeout(at: .at(40))
        let outputs = drain(&relaying.machine)
        guard outputs.count == 2, case .toClient(_, let bytes) = outputs[0] else { throw HandClient.NoAnswer() }
        #expect(try Message(decoding: bytes)[ErrorCode.self]?.code == 447)
        #expect(outputs[1] == .stream(.close(slow)))
        relaying.machine.peerConnected(slow, at: .at(41))
        #expect(drain(&relaying.machine) == [.stream(.close(slow))])
        #expect(relaying.machine.host.connections.count == 0)
    }

    @Test("who does not bind within 30 seconds loses the connection", arguments: [false, true])
    mutating func notBound(arrives: Bool) throws {
        #expect(try relaying.client.permit([relaying.peer], &relaying.machine) == nil)
        let id = try #require(arrives ? try relaying.arrive(from: relaying.peer) : try relaying.connect())
        relaying.machine.handleTimeout(at: .at(29.9))
        #expect(drain(&relaying.machine).isEmpty)
        relaying.machine.handleTimeout(at: .at(30))
        #expect(drain(&relaying.machine) == [.stream(.close(id))])
        #expect(try relaying.bind(id, at: .at(30))[ErrorCode.self]?.code == 400)
    }

    @Test("a peer that connects is announced when it has a permission and the rules allow it, else closed")
    mutating func attempt() throws {
        #expect(try relaying.arrive(from: relaying.peer) == nil)
        #expect(try relaying.client.permit([relaying.peer], &relaying.machine) == nil)
        let elsewhere = TransportAddress(ip: relaying.peer.ip, port: 5)
        let id = try #require(try relaying.arrive(from: elsewhere))
        #expect(try relaying.arrive(from: TransportAddress(literal: "1.1.1.3:80")) == nil)
        #expect(try relaying.bind(id).messageClass == .successResponse)
        #expect(try relaying.arrive(from: relaying.peer, at: .at(300)) == nil, "the permission is over")
        // A permission for our own address is granted, and lets no stream in.
        let own = TransportAddress(ip: FakeHost.ipv4, port: 5)
        #expect(try relaying.client.permit([own], &relaying.machine) == nil)
        #expect(try relaying.arrive(from: own) == nil)
        #expect(relaying.machine.peerArrived(relaying.peer, on: RelayedPort(rawValue: 1), at: .zero) == nil)
    }

    @Test("a ConnectionBind without credentials is challenged; wrong ones, others' connections and unknown ids get nothing")
    mutating func bindRefusals() throws {
        let id = try relaying.connect()
        let challenge = try relaying.data.ask(relaying.data.bare(.connectionBind, [id]), &relaying.machine)
        #expect(challenge[ErrorCode.self]?.code == 401 && challenge[Nonce.self] != nil)
        #expect(try relaying.data.code(.connectionBind, [], &relaying.machine) == 400)
        #expect(try relaying.data.code(.connectionBind, [ConnectionID(id.value &+ 1)], &relaying.machine) == 400)
        #expect(try relaying.data.code(.connectionBind, [WrongSize<ConnectionID>()], &relaying.machine) == 400)
        #expect(try relaying.client.code(.connectionBind, [id], &relaying.machine) == 400, "that is the control connection")
        var datagrams = HandClient("8.8.4.4:40001")
        try datagrams.learnNonce(&relaying.machine)
        #expect(try datagrams.code(.connectionBind, [id], &relaying.machine) == 400)
        var bob = relaying.data
        (bob.username, bob.password) = ("bob", "hunter2")
        #expect(try bob.code(.connectionBind, [id], &relaying.machine) == 400)
        #expect(try relaying.bind(id).messageClass == .successResponse)
    }

    @Test("one allocation holds 16 connections that nobody binds and 64 in all: 508, and peers are closed")
    mutating func bounds() throws {
        func peer(_ port: Int) -> TransportAddress { TransportAddress(ip: relaying.peer.ip, port: UInt16(port)) }
        #expect(try relaying.client.permit([relaying.peer], &relaying.machine) == nil)
        var ids = try (1...16).map { try relaying.connect(to: peer($0)) }
        #expect(try relaying.connectCode([XORPeerAddress(peer(17))]) == 508)
        #expect(try relaying.arrive(from: peer(17)) == nil)
        for round in 1...3 {
            for id in ids.suffix(16) { #expect(try relaying.bind(id).messageClass == .successResponse) }
            ids += try (1...16).map { try relaying.connect(to: peer(round * 16 + $0)) }
        }
        for id in ids.suffix(16) { #expect(try relaying.bind(id).messageClass == .successResponse) }
        #expect(relaying.machine.peerConnectionCount == 64)
        #expect(try relaying.connectCode([XORPeerAddress(peer(100))]) == 508)
        relaying.machine.peerConnectionClosed(ids[0])
        _ = try relaying.connect(to: peer(100))
    }

    @Test("a rule that is added later closes what was open")
    mutating func reconfigured() throws {
        let open = try relaying.connect()
        let opening = try relaying.startConnect(to: TransportAddress(ip: relaying.peer.ip, port: 81))
        let elsewhere = try relaying.connect(to: TransportAddress(literal: "1.1.1.2:80"))
        relaying.machine.reconfigure(
            RelayConfiguration(
                realm: "ra-relay", users: UserDirectory(), peerPolicy: PeerPolicy(deny: [CIDRBlock(literal: "1.1.1.1")])),
            at: .zero)
        let outputs = drain(&relaying.machine)
        #expect(outputs.contains(.stream(.close(open))) && outputs.contains(.stream(.close(opening))))
        #expect(!outputs.contains(.stream(.close(elsewhere))) && outputs.count == 3)
        #expect(relaying.machine.peerConnectionCount == 1)
    }

    @Test("the wire, byte for byte")
    mutating func vectors() throws {
        var builder = MessageBuilder(.indication, .connectionAttempt, transactionID: try #require(TransactionID(octets: [
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        ])))
        builder.add(XORPeerAddress(TransportAddress(literal: "192.0.2.1:32853")))
        builder.add(ConnectionID(0xDEAD_BEEF))
        #expect(
            builder.finish() == [
                0x00, 0x1C, 0x00, 0x14, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
                0x00, 0x12, 0x00, 0x08, 0x00, 0x01, 0xA1, 0x47, 0xE1, 0x12, 0xA6, 0x43,
                0x00, 0x2A, 0x00, 0x04, 0xDE, 0xAD, 0xBE, 0xEF,
            ])
        #expect(MessageType(.request, .connect).wireValue == 0x000A)
        #expect(MessageType(.request, .connectionBind).wireValue == 0x000B)
    }
}

@Suite("ConnectionRegistry")
struct ConnectionRegistryTests {
    @Test("is bounded, and what is removed makes room")
    func bound() throws {
        var registry = ConnectionRegistry()
        var random = SplitMix64(seed: 1)
        let first = try #require(registry.add(for: "alice", isOpen: true, using: &random))
        for _ in 1..<ConnectionRegistry.limit { _ = registry.add(for: "alice", isOpen: true, using: &random) }
        #expect(registry.count == ConnectionRegistry.limit)
        #expect(registry.add(for: "alice", isOpen: true, using: &random) == nil)
        registry.remove(first)
        #expect(registry.add(for: "alice", isOpen: true, using: &random) != nil)
    }
}
