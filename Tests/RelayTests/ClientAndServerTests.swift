import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

/// A client machine and the relay's, joined by queues in virtual time.
struct JoinedPair {
    var machine = makeMachine()
    var client: AllocationClient
    let fiveTuple: FiveTuple
    var now = Instant.zero
    var events: [AllocationClient.Event] = []
    var toPeer: [RelayOutput] = []
    private var framer = StreamFramer()

    init(_ transport: TransportProtocol, family: IPAddress.Family? = nil, password: String = "secret") {
        let server = TransportAddress(literal: "9.9.9.9:3478")
        fiveTuple = FiveTuple(transport: transport, client: TransportAddress(literal: "8.8.4.4:40000"), server: server)
        client = AllocationClient(
            server: server, transport: transport, username: "alice", password: password, requestedFamily: family,
            software: "test", random: SplitMix64(seed: 21), at: .zero)
    }

    /// Moves bytes until nobody has any.
    mutating func settle() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            while let bytes = client.nextTransmit() {
                isMoving = true
                var messages = [bytes]
                if fiveTuple.transport == .tcp {
                    framer.append(bytes)
                    messages = []
                    while let message = try framer.nextMessage() { messages.append(message) }
                }
                for message in messages {
                    machine.receive(message, from: fiveTuple, at: now, wallClock: HandClient.wallClock)
                }
            }
            while let output = machine.nextOutput() {
                isMoving = true
                if case .toClient(_, let bytes) = output { client.receive(bytes, at: now) } else { toPeer.append(output) }
            }
        }
        while let event = client.nextEvent() { events.append(event) }
    }

    /// Lets time pass, with every deadline on the way kept.
    mutating func advance(to end: Instant) throws {
        try settle()
        while let deadline = Instant?.earliest(client.nextDeadline, machine.nextDeadline), deadline <= end {
            now = max(now, deadline)
            client.handleTimeout(at: now)
            machine.handleTimeout(at: now)
            try settle()
        }
        now = end
    }
}

@Suite("Client and server machine together")
struct ClientAndServerTests {
    let peer = TransportAddress(literal: "1.1.1.1:9000")

    @Test("data flows both ways for five hours", arguments: [TransportProtocol.udp, .tcp], [true, false])
    func hours(transport: TransportProtocol, channel: Bool) throws {
        var pair = JoinedPair(transport)
        try pair.settle()
        guard case .allocated(let relayed, let reflexive, _)? = pair.events.first else { throw HandClient.NoAnswer() }
        #expect(reflexive == pair.fiveTuple.client)
        if channel { pair.client.bindChannel(to: peer, at: pair.now) }
        let port = RelayedPort(rawValue: Int(relayed.port))
        for minute in 1...300 {
            pair.events = []
            pair.toPeer = []
            try pair.advance(to: .at(Double(minute) * 60))
            pair.client.send([1, 2, 3], to: peer, at: pair.now)
            try pair.settle()
            #expect(pair.toPeer == [.toPeer(port, peer, [1, 2, 3])], "minute \(minute)")
            pair.machine.receiveFromPeer([4, 5], from: peer, on: port, at: pair.now)
            try pair.settle()
            #expect(pair.events == [.data([4, 5], from: peer)], "minute \(minute)")
        }
        #expect(pair.machine.allocationCount == 1 && pair.client.isBound(to: peer) == channel)
        pair.client.close(at: pair.now)
        try pair.settle()
        #expect(pair.machine.allocationCount == 0 && pair.client.isFinished)
    }

    @Test("a wrong password is told")
    func wrongPassword() throws {
        var pair = JoinedPair(.udp, password: "wrong")
        try pair.settle()
        #expect(pair.events == [.failed(.unauthorized)])
    }

    @Test("IPv6 on request")
    func ipv6() throws {
        var pair = JoinedPair(.udp, family: .ipv6)
        try pair.settle()
        #expect(pair.client.relayed?.ip == FakeHost.ipv6)
    }

    @Test("a refused address is told")
    func denied() throws {
        var pair = JoinedPair(.udp)
        pair.client.send([1], to: TransportAddress(literal: "192.168.0.1:1"), at: .zero)
        try pair.settle()
        #expect(pair.events.last == .permissionDenied(IPAddress(literal: "192.168.0.1"), .forbidden))
    }

    @Test("a client that vanished leaves nothing behind after its lifetime")
    func vanished() throws {
        var pair = JoinedPair(.udp)
        try pair.settle()
        pair.machine.handleTimeout(at: .at(600))
        #expect(pair.machine.allocationCount == 0 && pair.machine.host.open.isEmpty)
        pair.now = .at(600)
        pair.client.handleTimeout(at: pair.now)
        try pair.settle()
        #expect(pair.events.last == .lost)
    }
}
