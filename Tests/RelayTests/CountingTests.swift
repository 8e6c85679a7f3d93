import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("What a relay counts")
struct CountingTests {
    private let peer = TransportAddress(literal: "1.2.3.4:5000")

    @Test("requests and refusals are counted by method and code, and a first challenge is no failure")
    func requests() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.allocate(&machine)
        #expect(machine.counters.requests[.allocate] == 2)
        #expect(machine.counters.refusals(401) == 1)
        #expect(machine.counters.authenticationFailures.total == 0)
        #expect(try client.bind(0x4000, peer, &machine) == nil)
        #expect(try client.permit([TransportAddress(literal: "10.0.0.1:1")], &machine) == 403)
        _ = client.exchange(client.bare(.binding), &machine)
        #expect(machine.counters.requests[.channelBind] == 1)
        #expect(machine.counters.requests[.binding] == 1)
        #expect(machine.counters.refusals.keys.contains { $0.method == .createPermission && $0.code.label == "403" })
    }

    @Test("credentials that do not hold are counted by what is wrong with them", arguments: [
        RelayCounters.AuthenticationFailure.credentials, .realm, .staleNonce,
    ])
    func failures(_ reason: RelayCounters.AuthenticationFailure) throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        switch reason {
        case .credentials: client.password = "guess"
        case .realm: client.realm = "elsewhere"
        case .staleNonce: client.nonce = "0123456789"
        case .malformed: break
        }
        _ = client.exchange(client.request(.allocate, [RequestedTransport(.udp)]), &machine)
        #expect(machine.counters.authenticationFailures[reason] == 1)
        #expect(machine.counters.authenticationFailures.total == 1)
    }

    @Test("an allocation's end has a reason")
    func ends() throws {
        var machine = makeMachine()
        var deleter = HandClient("8.8.4.4:1"), stream = HandClient("8.8.4.4:2", transport: .tcp), sleeper = HandClient("8.8.4.4:3")
        try deleter.allocate(&machine)
        try stream.allocate(&machine)
        try sleeper.allocate(&machine)
        _ = deleter.exchange(deleter.request(.refresh, [Lifetime(0)]), &machine)
        machine.connectionClosed(stream.fiveTuple)
        machine.handleTimeout(at: .at(601))
        #expect(machine.counters.allocationsMade == 3)
        #expect(RelayCounters.AllocationEnd.allCases.map { machine.counters.allocationsEnded[$0] } == [1, 1, 1, 0])
    }

    @Test("what is relayed counts by its payload, and what is dropped by its reason")
    func traffic() throws {
        var machine = makeMachine()
        var client = HandClient()
        let stranger = HandClient("8.8.4.4:9")
        try client.allocate(&machine)
        #expect(try client.bind(0x4000, peer, &machine) == nil)
        let port = try #require(machine.host.open.keys.first)
        func data(_ channel: UInt16) throws -> [UInt8] {
            ChannelData(channel: try #require(ChannelNumber(rawValue: channel)), payload: [1, 2, 3]).encoded(padded: false)
        }
        #expect(client.exchange(try data(0x4000), &machine).count == 1)
        machine.receiveFromPeer([1, 2, 3, 4], from: peer, on: port, at: .zero)
        #expect(drain(&machine).count == 1)
        #expect(machine.counters.relayedPackets[.toPeer] == 1)
        #expect(machine.counters.relayedBytes[.toPeer] == 3)
        #expect(machine.counters.relayedBytes[.toClient] == 4)
        #expect(machine.counters.dropped.total == 0)

        _ = client.exchange(try data(0x4001), &machine)
        _ = stranger.exchange(try data(0x4000), &machine)
        _ = client.exchange(client.sendIndication([1], to: TransportAddress(literal: "1.2.3.5:1")), &machine)
        _ = client.exchange([0x40, 0x00, 0x00, 0x09, 1], &machine)
        machine.receiveFromPeer([1], from: TransportAddress(literal: "1.2.3.5:1"), on: port, at: .zero)
        machine.receiveFromPeer(Array(repeating: 0, count: 65_536), from: peer, on: port, at: .zero)
        let dropped = machine.counters.dropped
        #expect((dropped[.noChannel], dropped[.noAllocation], dropped[.noPermission]) == (1, 1, 2))
        #expect((dropped[.malformed], dropped[.tooLarge], dropped.total) == (1, 1, 6))
    }

    @Test("sources that are not answered are counted")
    func suppressed() throws {
        var host = FakeHost()
        host.limiter = UnprovenRateLimiter(limit: 1, seed: 1)
        var machine = makeMachine(host: host)
        var client = HandClient()
        for _ in 0..<3 { _ = client.exchange(client.bare(.binding), &machine) }
        #expect(machine.counters.unprovenSuppressed == 2)
    }

    @Test("codes that nobody has named are counted together, so that the pairs are bounded")
    func bounded() {
        var counters = RelayCounters()
        for code in 300...699 { counters.refused(.allocate, code) }
        #expect(counters.refusals.count == 18)
    }
}
