import NetPrimitives
import Relay
import RelayService
import STUN
import TURN
import Testing

@Suite("DataPlane, on loopback")
struct DataPlaneTests {
    @Test("answers leave from the address that was asked")
    func answersFromWhereAsked() throws {
        let plane = try startPlane([.init(address("0.0.0.0:0"))])
        defer { plane.stop() }
        let port = try #require(plane.listening.first).port
        for last in 1...3 as ClosedRange<UInt32> {
            let server = TransportAddress(ip: .v4(0x7F00_0000 + last), port: port)
            let socket = try TestSocket(connectedTo: server)
            var random = SystemRandomNumberGenerator()
            socket.send(MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random)).finish())
            let answer = try Message(decoding: try #require(socket.receive()))
            #expect(answer[XORMappedAddress.self]?.address.ip == .loopbackV4)
        }
    }

    @Test("two clients talk through it, over sockets or inside the process", arguments: [false, true])
    func twoClients(isExternal: Bool) throws {
        let plane = try startPlane(external: isExternal ? [.loopbackV4] : [])
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        for _ in 0..<8 {  // so that the kernel gives some pairs to one worker and some to two
            var (left, right) = (try SocketClient(server), try SocketClient(server))
            let (leftRelayed, rightRelayed) = (try left.allocate(), try right.allocate())
            #expect(leftRelayed.ip == .loopbackV4)
            try right.waitUntilBound(to: leftRelayed)
            try left.waitUntilBound(to: rightRelayed)
            left.client.send([1, 2, 3], to: rightRelayed, at: .zero)
            left.flush()
            #expect(try right.nextEvent() == .data([1, 2, 3], from: leftRelayed))
            right.client.send([4], to: leftRelayed, at: .zero)
            right.flush()
            #expect(try left.nextEvent() == .data([4], from: rightRelayed))
            left.client.close(at: .zero)
            right.client.close(at: .zero)
            left.flush()
            right.flush()
        }
    }

    @Test("towards its own external address there are relayed ports and nothing else")
    func ownServices() throws {
        let plane = try startPlane(external: [.loopbackV4])
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        var client = try SocketClient(server)
        _ = try client.allocate()
        client.client.bindChannel(to: server, at: .zero)
        #expect(try client.nextEvent() == .permissionDenied(.loopbackV4, .forbidden))
    }

    @Test("a closed port is told, and costs no datagram for another")
    func unreachable() throws {
        let plane = try startPlane()
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        var client = try SocketClient(server)
        let ours = try client.allocate()
        var peer = try SocketClient(server)
        let open = try peer.allocate()
        try client.waitUntilBound(to: open)
        try peer.waitUntilBound(to: ours)
        let closed = address("127.0.0.1:9")
        for number in 0..<20 as Range<UInt8> {
            client.client.send([number], to: closed, at: .zero)
            client.client.send([number], to: open, at: .zero)
            client.flush()
        }
        #expect(try client.nextEvent() == .unreachable(closed, ICMP(type: 3, code: 3, mtu: 0, family: .ipv4)))
        for number in 0..<20 as Range<UInt8> { #expect(try peer.nextEvent() == .data([number], from: ours)) }
    }

    @Test("a stream's client is served by messages, and its allocation goes with it")
    func stream() async throws {
        let plane = try startPlane()
        defer { plane.stop() }
        let connection = FakeConnection()
        let server = address("127.0.0.1:3478")
        let attached = plane.attach(
            connection, as: FiveTuple(transport: .tcp, client: address("127.0.0.1:1"), server: server))
        var client = AllocationClient(server: server, transport: .tcp, username: "alice", password: "secret", at: .zero)
        var event: AllocationClient.Event?
        while event == nil {
            while let bytes = client.nextTransmit() { attached.receive([bytes]) }
            client.receive(try #require(await connection.nextMessage()), at: .zero)
            event = client.nextEvent()
        }
        guard case .allocated(let relayed, let reflexive, _)? = event else { throw SocketClient.NoEvent() }
        #expect(relayed.ip == .loopbackV4 && reflexive == address("127.0.0.1:1"))
        #expect(plane.allocationCount == 1)
        attached.disconnected()
        // The same worker serves what comes after in order: when it answers, it has forgotten the first.
        let second = FakeConnection()
        let again = plane.attach(
            second, as: FiveTuple(transport: .tcp, client: address("127.0.0.1:1"), server: server))
        var random = SystemRandomNumberGenerator()
        again.receive([MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random)).finish()])
        #expect(await second.nextMessage() != nil)
        #expect(plane.allocationCount == 0)
        plane.stop()
        #expect(second.isClosed && !connection.isClosed)
    }

    @Test("what one reading of a stream brought is answered with one writing, in order")
    func oneWriting() async throws {
        let plane = try startPlane(workers: 1)
        defer { plane.stop() }
        let connection = FakeConnection()
        let attached = plane.attach(
            connection,
            as: FiveTuple(transport: .tcp, client: address("127.0.0.1:1"), server: address("127.0.0.1:3478")))
        var random = SystemRandomNumberGenerator()
        let identifiers = (0..<40).map { _ in TransactionID(using: &random) }
        attached.receive(identifiers.map { MessageBuilder(.request, .binding, transactionID: $0).finish() })
        for identifier in identifiers {
            let answer = try Message(decoding: try #require(await connection.nextMessage()))
            #expect(answer.transactionID == identifier)
        }
        plane.stop()
        #expect(connection.flushes.filter { $0 > 0 } == [40])
    }

    @Test("a taken address fails when it is required, and is reported when it is not")
    func taken() throws {
        let first = try startPlane()
        defer { first.stop() }
        let listening = try #require(first.listening.first)
        #expect(throws: DataPlaneError.self) { try startPlane([.init(listening)]) }
        let second = try startPlane([.init(listening, isRequired: false), .init(address("127.0.0.1:0"))])
        defer { second.stop() }
        #expect(second.failed.map(\.listener.address) == [listening])
        #expect(second.listening.count == 1)
    }

    @Test("508 when the range is used up, and a port again when one is given back")
    func exhausted() throws {
        let plane = try startPlane(ports: 61_000...61_001)
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        var clients = [try SocketClient(server), try SocketClient(server)]
        let ports = Set([try clients[0].allocate().port, try clients[1].allocate().port])
        #expect(ports == [61_000, 61_001])
        var third = try SocketClient(server)
        #expect(try third.nextEvent() == .failed(.insufficientCapacity))
        clients[0].client.close(at: .zero)
        clients[0].flush()
        #expect(clients[0].socket.receive() != nil)
        var fourth = try SocketClient(server)
        #expect(ports.contains(try fourth.allocate().port))
    }

    @Test("users are replaced while allocations live; draining refuses new ones, also after that")
    func operation() throws {
        let plane = try startPlane(workers: 1)
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        var client = try SocketClient(server)
        _ = try client.allocate()
        let other = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "other"]), peerPolicy: PeerPolicy())
        plane.update(relay: other, quotas: .init())
        var old = try SocketClient(server)
        #expect(try old.nextEvent() == .failed(.unauthorized))
        var new = try SocketClient(server, password: "other")
        _ = try new.allocate()
        plane.beginDraining()
        plane.update(relay: other, quotas: .init())
        var late = try SocketClient(server, password: "other")
        #expect(try late.nextEvent() == .failed(.insufficientCapacity))
        #expect(plane.allocationCount == 2)
        plane.stop()
        plane.stop()
    }
}
