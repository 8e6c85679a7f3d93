import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("ALTERNATE-SERVER")
struct AlternateServerTests {
    static let ipv4 = TransportAddress(literal: "9.9.9.10:3478")
    static let ipv6 = TransportAddress(literal: "[2600::10]:3478")

    /// What is configured, who asks, and whom it is sent to.
    static let cases: [([TransportAddress], String, [TransportAddress])] = [
        ([ipv4, ipv6], "8.8.4.4:40000", [ipv4, ipv6]), ([ipv4, ipv6], "[2600::4]:40000", [ipv6, ipv4]),
        ([ipv6, ipv4], "8.8.4.4:40000", [ipv4, ipv6]), ([ipv4], "8.8.4.4:40000", [ipv4]), ([ipv4], "[2600::4]:40000", []),
        ([ipv6], "8.8.4.4:40000", []), ([], "8.8.4.4:40000", []), ([ipv4], "[::ffff:8.8.4.4]:40000", [ipv4]),
    ]

    @Test("a relay that takes no more sends a client to one of its own family, else it is full", arguments: cases)
    func draining(configured: [TransportAddress], source: String, told: [TransportAddress]) throws {
        var machine = makeMachine()
        var client = HandClient(source)
        var old = HandClient("8.8.4.4:7")
        try old.allocate(&machine)
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]), peerPolicy: PeerPolicy())
        configuration.alternateServer = AlternateServers(configured)
        machine.reconfigure(configuration, at: .zero)
        try client.learnNonce(&machine)
        configuration.acceptsAllocations = false
        machine.reconfigure(configuration, at: .zero)
        let answer = try client.ask(client.request(.allocate, [RequestedTransport(.udp)]), &machine)
        #expect(throws: Never.self) { try answer.authenticated(with: client.key) }
        #expect(answer[ErrorCode.self]?.code == (told.isEmpty ? 508 : 300))
        let named = answer.attributes.filter { $0.type == .alternateServer }
        #expect(try named.map { try AlternateServer(decoding: $0.value, in: answer.transactionID).address } == told)
        #expect(machine.allocationCount == 1)
        // Who is here stays here; and nobody is sent away while there is room.
        #expect(try old.code(.refresh, [], &machine) == nil)
        configuration.acceptsAllocations = true
        machine.reconfigure(configuration, at: .zero)
        try client.allocate(&machine)
    }

    @Test("who wants a TCP relayed address is sent there too")
    func tcp() throws {
        var machine = makeMachine()
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]), peerPolicy: PeerPolicy())
        configuration.alternateServer = AlternateServers([Self.ipv4])
        configuration.acceptsAllocations = false
        machine.reconfigure(configuration, at: .zero)
        var client = HandClient(transport: .tcp)
        try client.learnNonce(&machine)
        let answer = try client.ask(client.request(.allocate, [RequestedTransport(.tcp)]), &machine)
        #expect(answer[ErrorCode.self]?.code == 300)
        #expect(answer[AlternateServer.self]?.address == Self.ipv4)
    }

    @Test("the first Allocate, which nobody has signed, gets its challenge all the same: 300 is for users")
    func challenge() throws {
        var configuration = RelayConfiguration(realm: "ra-relay", users: UserDirectory(), peerPolicy: PeerPolicy())
        configuration.alternateServer = AlternateServers([Self.ipv4])
        configuration.acceptsAllocations = false
        var machine = makeMachine()
        machine.reconfigure(configuration, at: .zero)
        var client = HandClient()
        try client.learnNonce(&machine)
    }
}
