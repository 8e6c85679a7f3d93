import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("NAT discovery (RFC 5780)")
struct NATDiscoveryTests {
    static let listening = [
        "9.9.9.9:3478", "9.9.9.10:3478", "[2600::9]:3478", "[2600::10]:3478",
        "9.9.9.9:3479", "9.9.9.10:3479", "[2600::9]:3479", "[2600::10]:3479",
    ].map { TransportAddress(literal: $0) }

    /// Where is asked, and where each of the four answers comes from: neither changed, the address, the port, both.
    static let servers: [(String, [String])] = [
        ("9.9.9.9:3478", ["9.9.9.9:3478", "9.9.9.10:3478", "9.9.9.9:3479", "9.9.9.10:3479"]),
        ("9.9.9.9:3479", ["9.9.9.9:3479", "9.9.9.10:3479", "9.9.9.9:3478", "9.9.9.10:3478"]),
        ("9.9.9.10:3478", ["9.9.9.10:3478", "9.9.9.9:3478", "9.9.9.10:3479", "9.9.9.9:3479"]),
        ("9.9.9.10:3479", ["9.9.9.10:3479", "9.9.9.9:3479", "9.9.9.10:3478", "9.9.9.9:3478"]),
        ("[2600::9]:3478", ["[2600::9]:3478", "[2600::10]:3478", "[2600::9]:3479", "[2600::10]:3479"]),
        ("[2600::9]:3479", ["[2600::9]:3479", "[2600::10]:3479", "[2600::9]:3478", "[2600::10]:3478"]),
        ("[2600::10]:3478", ["[2600::10]:3478", "[2600::9]:3478", "[2600::10]:3479", "[2600::9]:3479"]),
        ("[2600::10]:3479", ["[2600::10]:3479", "[2600::9]:3479", "[2600::10]:3478", "[2600::9]:3478"]),
    ]

    private func machine(_ listening: [TransportAddress] = listening, host: FakeHost = FakeHost()) -> Machine {
        var machine = makeMachine(host: host)
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]),
            peerPolicy: PeerPolicy(ownAddresses: [FakeHost.ipv4]))
        configuration.natDiscovery = NATDiscovery(listening: listening)
        machine.reconfigure(configuration, at: .zero)
        return machine
    }

    private func client(
        askingAt server: String = "9.9.9.9:3478", transport: TransportProtocol = .udp, isSecured: Bool = false
    ) -> HandClient {
        let server = TransportAddress(literal: server)
        var client = HandClient(server.family == .ipv4 ? "8.8.4.4:40000" : "[2600::4]:40000", transport: transport)
        client.fiveTuple.server = server
        client.fiveTuple.isSecured = isSecured
        return client
    }

    /// The one answer, and the five-tuple that it goes by.
    private func exchange(
        _ client: HandClient, _ request: [UInt8], _ machine: inout Machine
    ) throws -> (answer: Message, octets: Int, fiveTuple: FiveTuple) {
        let outputs = client.exchange(request, &machine)
        #expect(outputs.count == 1)
        guard case .toClient(let fiveTuple, let bytes) = try #require(outputs.first) else { throw HandClient.NoAnswer() }
        return (try Message(decoding: bytes), bytes.count, fiveTuple)
    }

    @Test("table 1: an answer leaves from where it was asked to, and says so", arguments: servers)
    func origins(server: String, origins: [String]) throws {
        var machine = machine()
        var client = client(askingAt: server)
        let changes = [(false, false), (true, false), (false, true), (true, true)]
        let expected = origins.map { TransportAddress(literal: $0) }
        for (change, origin) in zip(changes, expected) {
            let request = client.bare(.binding, [ChangeRequest(address: change.0, port: change.1)])
            let (answer, _, fiveTuple) = try exchange(client, request, &machine)
            #expect(fiveTuple == FiveTuple(transport: .udp, client: client.fiveTuple.client, server: origin))
            #expect(answer.messageClass == .successResponse)
            #expect(answer[XORMappedAddress.self]?.address == client.fiveTuple.client)
            #expect(answer[MappedAddress.self]?.address == client.fiveTuple.client)
            #expect(answer[ResponseOrigin.self]?.address == origin)
            #expect(answer[OtherAddress.self]?.address == expected[3])
            #expect(!answer.contains(.padding))
        }
    }

    @Test(
        "a plain Binding is told the other address, in 68 octets over IPv4 and 116 over IPv6",
        arguments: [("9.9.9.9:3478", 68), ("[2600::9]:3479", 116)])
    func plain(server: String, size: Int) throws {
        var machine = machine()
        var client = client(askingAt: server)
        let (answer, octets, fiveTuple) = try exchange(client, client.bare(.binding), &machine)
        #expect(octets == size && fiveTuple == client.fiveTuple)
        #expect(answer[ResponseOrigin.self]?.address == client.fiveTuple.server)
        #expect(answer.contains(.otherAddress) && answer.contains(.mappedAddress))
        let marked = try exchange(client, client.bare(.binding, fingerprint: true), &machine)
        #expect(marked.octets == size + 8 && marked.answer.contains(.fingerprint))
    }

    @Test("RESPONSE-PORT: the answer goes to that port of who asks, from any of the four")
    func responsePort() throws {
        var machine = machine()
        for server in ["9.9.9.9:3478", "[2600::10]:3479"] {
            var client = client(askingAt: server)
            let request = client.bare(.binding, [ResponsePort(7), ChangeRequest(address: true, port: false)])
            let (answer, _, fiveTuple) = try exchange(client, request, &machine)
            #expect(fiveTuple.client == TransportAddress(ip: client.fiveTuple.client.ip, port: 7))
            #expect(fiveTuple.server == answer[ResponseOrigin.self]?.address)
            #expect(fiveTuple.server.ip != client.fiveTuple.server.ip)
            #expect(answer[XORMappedAddress.self]?.address == client.fiveTuple.client)
        }
    }

    @Test(
        "PADDING is answered with PADDING, 1500 octets at most, and never makes an answer longer than its request",
        arguments: ["9.9.9.9:3478", "[2600::9]:3478"], [false, true])
    func padding(server: String, fingerprint: Bool) throws {
        var machine = machine()
        var client = client(askingAt: server)
        let bare = try exchange(client, client.bare(.binding, fingerprint: fingerprint), &machine).octets
        for length in Array(0...200) + [1452, 1500, 1501, 1600, 3000, 6000] {
            let request = client.bare(.binding, fingerprint: fingerprint, [Padding(octetCount: length)])
            let (answer, octets, _) = try exchange(client, request, &machine)
            #expect(octets <= max(request.count, bare))
            // All the room there is, in whole words.
            let room = request.count - bare - 4
            #expect(answer[Padding.self]?.octetCount == (room < 0 ? nil : min(1500, room)), "\(length)")
        }
    }

    @Test("what cannot be done gets 400: PADDING with RESPONSE-PORT, port 0, and what is malformed")
    func badRequests() throws {
        var machine = machine()
        var client = client()
        let requests: [[any Attribute]] = [
            [Padding(octetCount: 100), ResponsePort(7)], [ResponsePort(0)], [ResponsePort(7), Padding(octetCount: 0)],
            [Malformed<ChangeRequest>()], [Malformed<ResponsePort>()],
        ]
        for attributes in requests {
            let (answer, octets, fiveTuple) = try exchange(client, client.bare(.binding, attributes), &machine)
            #expect(answer[ErrorCode.self]?.code == 400 && octets == 28)
            #expect(fiveTuple == client.fiveTuple, "not to the port that it names")
        }
    }

    @Test("420 where it is not offered: off, over TCP and DTLS, at a third address or port, in other methods")
    func notOffered() throws {
        let third = Self.listening + ["9.9.9.11:3478", "9.9.9.9:3480", "9.9.9.10:3480"].map { TransportAddress(literal: $0) }
        let cases: [(Machine, HandClient)] = [
            (makeMachine(), client()), (machine(third), client(transport: .tcp)), (machine(third), client(isSecured: true)),
            (machine(third), client(askingAt: "9.9.9.11:3478")), (machine(third), client(askingAt: "9.9.9.9:3480")),
            (machine(third.filter { $0.family == .ipv4 }), client(askingAt: "[2600::9]:3478")),
        ]
        let offered: [any Attribute] = [ChangeRequest(address: true, port: true), ResponsePort(7), Padding(octetCount: 99)]
        for (var machine, var client) in cases {
            for attribute in offered {
                let answer = try client.ask(client.bare(.binding, [attribute]), &machine)
                #expect(answer[ErrorCode.self]?.code == 420)
                #expect(answer[UnknownAttributes.self]?.types == [Swift.type(of: attribute).type])
            }
            let answer = try client.ask(client.bare(.binding), &machine)
            #expect(answer.attributes.map(\.type) == [.xorMappedAddress])
        }
        var (offering, user) = (machine(), client())
        try user.allocate(&offering)
        #expect(try user.code(.refresh, [ChangeRequest(address: true, port: true)], &offering) == 420)
    }

    @Test("such requests count as those of strangers, whoever sends them: the answer may go to somebody else")
    func limited() throws {
        var host = FakeHost()
        host.limiter = UnprovenRateLimiter(limit: 3, seed: 1)
        var machine = machine(host: host)
        var client = client()
        try client.allocate(&machine)  // the first Allocate is the first of three
        for attribute in [ResponsePort(7), Padding(octetCount: 99)] as [any Attribute] {
            #expect(client.exchange(client.bare(.binding, [attribute]), &machine).count == 1)
        }
        #expect(client.exchange(client.bare(.binding, [ChangeRequest(address: true, port: true)]), &machine).isEmpty)
        #expect(machine.counters.unprovenSuppressed == 1)
        #expect(client.exchange(client.bare(.binding), &machine).count == 1, "of an allocation's client")
    }

    /// What is listened on, and the two addresses and two ports of IPv4 that are made of it.
    static let choices: [([String], [String], [UInt16])] = [
        ([], [], []), (["9.9.9.9:1"], [], []), (["9.9.9.9:1", "9.9.9.9:2"], [], []), (["9.9.9.9:1", "9.9.9.10:1"], [], []),
        (["9.9.9.9:1", "9.9.9.9:2", "9.9.9.10:1"], [], []), (["9.9.9.9:1", "9.9.9.9:2", "9.9.9.10:3", "9.9.9.10:4"], [], []),
        (["0.0.0.0:1", "0.0.0.0:2", "9.9.9.10:1", "9.9.9.10:2"], [], []),
        (["9.9.9.9:1", "9.9.9.9:2", "[2600::9]:1", "[2600::9]:2"], [], []),
        (["9.9.9.9:1", "9.9.9.10:1", "9.9.9.9:2", "9.9.9.10:2"], ["9.9.9.9", "9.9.9.10"], [1, 2]),
        (["9.9.9.9:1", "9.9.9.9:2", "9.9.9.9:3", "9.9.9.10:3", "9.9.9.10:2"], ["9.9.9.9", "9.9.9.10"], [2, 3]),
        // The first address has one port alone: the two others do.
        (["9.9.9.8:1", "9.9.9.9:1", "9.9.9.10:1", "9.9.9.9:2", "9.9.9.10:2", "9.9.9.10:3"], ["9.9.9.9", "9.9.9.10"], [1, 2]),
    ]

    @Test("two addresses with the same two ports are needed, and the first that have them are taken", arguments: choices)
    func choice(listening: [String], addresses: [String], ports: [UInt16]) throws {
        let listening = listening.map { TransportAddress(literal: $0) }
        let discovery = NATDiscovery(listening: listening)
        #expect((discovery != nil) == !addresses.isEmpty && discovery?.ipv6 == nil)
        #expect((discovery?.ipv4?.addresses ?? []) == addresses.map { IPAddress(literal: $0) })
        #expect((discovery?.ipv4?.ports ?? []) == ports)
    }
}

/// An attribute of a type that another has, with one octet of value.
private struct Malformed<Kind: Attribute>: Attribute {
    static var type: AttributeType { Kind.type }
    init() {}
    init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {}
    func encode(into writer: inout ByteWriter, in transactionID: TransactionID) { writer.write(UInt8(1)) }
}
