import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Allocate and Refresh")
struct AllocateTests {
    @Test("an allocation is described, and its retransmission is not another one")
    func allocate() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        let request = client.request(.allocate, fingerprint: true, [RequestedTransport(.udp)])
        let first = try client.ask(request, &machine)
        #expect(first[XORRelayedAddress.self]?.address.ip == FakeHost.ipv4)
        #expect(first[XORMappedAddress.self]?.address == client.fiveTuple.client)
        #expect(first[Lifetime.self]?.value == 600)
        #expect(first.contains(.fingerprint))
        #expect(throws: Never.self) { try first.authenticated(with: client.key) }
        let again = try client.ask(request, &machine, at: .at(10))
        #expect(again[XORRelayedAddress.self] == first[XORRelayedAddress.self])
        #expect(again[Lifetime.self]?.value == 590)
        #expect(machine.allocationCount == 1 && machine.host.open.count == 1)
        #expect(try client.code(.allocate, [RequestedTransport(.udp)], &machine) == 437)
    }

    @Test("an allocation made over DTLS is not reached by plain datagrams between the same addresses")
    func secured() throws {
        var machine = makeMachine()
        var secured = HandClient()
        secured.fiveTuple.isSecured = true
        try secured.allocate(&machine)
        var plain = HandClient()
        try plain.learnNonce(&machine)
        #expect(try plain.code(.refresh, [Lifetime(0)], &machine) == 437)
        #expect(machine.tableSizes(of: secured.fiveTuple, at: .zero) != nil)
        try plain.allocate(&machine)
        #expect(machine.allocationCount == 2)
    }

    static let lifetimes: [(UInt32?, UInt32)] = [
        (nil, 600), (0, 600), (1, 600), (599, 600), (601, 601), (3600, 3600), (3601, 3600), (.max, 3600),
    ]

    @Test("lifetimes are between the default and the maximum", arguments: lifetimes)
    func lifetime(asked: UInt32?, granted: UInt32) throws {
        var machine = makeMachine()
        var client = HandClient()
        let answer = try client.allocate(&machine, asked.map { [Lifetime($0)] } ?? [])
        #expect(answer[Lifetime.self]?.value == granted)
        #expect(machine.nextDeadline == .at(Double(granted)))
    }

    static let refusals: [(String, Int, [any Attribute])] = [
        ("no REQUESTED-TRANSPORT", 400, []),
        ("TCP over UDP", 400, [RequestedTransport(number: 6)]),
        ("protocol 0", 442, [RequestedTransport(number: 0)]),
        ("family 3", 440, [RequestedTransport(.udp), RequestedAddressFamily(number: 3)]),
        ("token and EVEN-PORT", 400, [RequestedTransport(.udp), ReservationToken(1), EvenPort(reservesNext: false)]),
        ("token and family", 400, [RequestedTransport(.udp), ReservationToken(1), RequestedAddressFamily(.ipv4)]),
        ("token and additional", 400, [RequestedTransport(.udp), ReservationToken(1), AdditionalAddressFamily(.ipv6)]),
        ("an unknown token", 508, [RequestedTransport(.udp), ReservationToken(1)]),
        ("family and additional", 400, [RequestedTransport(.udp), RequestedAddressFamily(.ipv4), AdditionalAddressFamily(.ipv6)]),
        ("additional IPv4", 400, [RequestedTransport(.udp), AdditionalAddressFamily(.ipv4)]),
        ("a pair and additional", 400, [RequestedTransport(.udp), EvenPort(reservesNext: true), AdditionalAddressFamily(.ipv6)]),
    ]

    @Test("each wrong wish has its code", arguments: refusals.indices)
    func refused(index: Int) throws {
        let (name, code, attributes) = Self.refusals[index]
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        #expect(try client.code(.allocate, attributes, &machine) == code, "\(name)")
        #expect(machine.allocationCount == 0 && machine.host.quotas.total == 0)
    }

    @Test("DONT-FRAGMENT is understood")
    func dontFragment() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.allocate(&machine, [DontFragment()])
    }

    @Test("IPv6 when asked for; 440 when there is none; an additional family is told why not")
    func families() throws {
        var machine = makeMachine()
        var client = HandClient()
        let answer = try client.allocate(&machine, [RequestedAddressFamily(.ipv6)])
        #expect(answer[XORRelayedAddress.self]?.address.ip == FakeHost.ipv6)
        machine.host.hasIPv6 = false
        var other = HandClient("8.8.4.4:40001")
        try other.learnNonce(&machine)
        let wish: [any Attribute] = [RequestedTransport(.udp), RequestedAddressFamily(.ipv6)]
        #expect(try other.code(.allocate, wish, &machine) == 440)
        #expect(machine.host.quotas.total == 1)
        let partial = try other.allocate(&machine, [AdditionalAddressFamily(.ipv6)])
        #expect(partial[XORRelayedAddress.self]?.address.family == .ipv4)
        #expect(partial[AddressErrorCode.self] == AddressErrorCode(.ipv6, .addressFamilyNotSupported))
    }

    @Test("an even port, and the odd one above it for whoever brings the token in 30 seconds")
    func evenPort() throws {
        var machine = makeMachine()
        var first = HandClient()
        let pair = try first.allocate(&machine, [EvenPort(reservesNext: true)])
        let even = try #require(pair[XORRelayedAddress.self]?.address)
        let token = try #require(pair[ReservationToken.self])
        #expect(even.port.isMultiple(of: 2))
        var second = HandClient("8.8.8.8:1")
        let odd = try second.allocate(&machine, at: .at(29), [token])
        #expect(odd[XORRelayedAddress.self]?.address.port == even.port + 1)
        var third = HandClient("8.8.8.8:2")
        try third.learnNonce(&machine)
        #expect(try third.code(.allocate, [RequestedTransport(.udp), token], &machine, at: .at(29)) == 508)
        let alone = try third.allocate(&machine, [EvenPort(reservesNext: false)])
        #expect(alone[XORRelayedAddress.self]?.address.port.isMultiple(of: 2) == true)
        #expect(!alone.contains(.reservationToken))
    }

    @Test("a port that is held is charged to who had it held, then to who comes for it, or until its time is over")
    func heldPort() throws {
        var machine = makeMachine()
        var first = HandClient("8.8.4.4:1")
        let token = try #require(
            try first.allocate(&machine, [EvenPort(reservesNext: true)])[ReservationToken.self])
        #expect(machine.host.quotas.count(of: "alice") == 2)
        machine.host.quotas.limits.perUser = 0
        var second = HandClient("8.8.8.8:1")
        (second.username, second.password) = ("bob", "hunter2")
        try second.allocate(&machine, at: .at(29), [token])
        #expect(machine.host.quotas.count(of: "alice") == 1 && machine.host.quotas.count(of: "bob") == 1)
        #expect(try second.code(.refresh, [Lifetime(0)], &machine, at: .at(29)) == nil)
        machine.host.quotas.limits.perUser = 4
        var third = HandClient("8.8.8.8:2")
        try third.allocate(&machine, at: .at(29), [EvenPort(reservesNext: true)])
        #expect(machine.host.quotas.total == 3)
        var fourth = HandClient("8.8.8.8:3")
        try fourth.allocate(&machine, at: .at(60))
        #expect(machine.host.quotas.total == 3, "the second held port is closed and given back")
    }

    @Test("quotas: 486 for the user, 508 for the relay; 508 when no port is free or the relay drains")
    func quotas() throws {
        var host = FakeHost()
        host.quotas = QuotaLedger(limits: .init(perUser: 1, total: 2))
        var machine = makeMachine(host: host)
        let wish: [any Attribute] = [RequestedTransport(.udp)]
        var alice = HandClient("8.8.4.4:1")
        try alice.allocate(&machine)
        var again = HandClient("8.8.4.4:2")
        try again.learnNonce(&machine)
        #expect(try again.code(.allocate, wish, &machine) == 486)
        var bob = HandClient("8.8.4.4:3")
        (bob.username, bob.password) = ("bob", "hunter2")
        try bob.allocate(&machine)
        var carol = HandClient("8.8.4.4:4")
        let credential = TimeLimitedCredential(user: "carol", expiry: .max, secret: "shared")
        (carol.username, carol.password) = (credential.username, credential.password)
        try carol.learnNonce(&machine)
        #expect(try carol.code(.allocate, wish, &machine) == 508)
        #expect(try alice.code(.refresh, [Lifetime(0)], &machine) == nil)
        machine.host.isFull = true
        #expect(try carol.code(.allocate, wish, &machine) == 508)
        machine.host.isFull = false
        #expect(machine.host.quotas.total == 1)
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(secrets: ["shared"]), peerPolicy: PeerPolicy())
        configuration.acceptsAllocations = false
        machine.reconfigure(configuration, at: .zero)
        #expect(try carol.code(.allocate, wish, &machine) == 508)
        #expect(try bob.code(.refresh, [], &machine) == nil)
    }

    @Test("a Refresh moves the end; 0 deletes; without an allocation it is 437")
    func refresh() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.allocate(&machine)
        let answer = try client.ask(client.request(.refresh, [Lifetime(1000)]), &machine, at: .at(300))
        #expect(answer[Lifetime.self]?.value == 1000)
        machine.handleTimeout(at: .at(1299))
        #expect(machine.allocationCount == 1)
        #expect(try client.code(.refresh, [RequestedAddressFamily(.ipv6)], &machine, at: .at(300)) == 443)
        #expect(try client.code(.refresh, [RequestedAddressFamily(.ipv4)], &machine, at: .at(300)) == nil)
        let deletion = try client.ask(client.request(.refresh, [Lifetime(0)]), &machine, at: .at(301))
        #expect(deletion[Lifetime.self]?.value == 0)
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty && machine.host.quotas.total == 0)
        #expect(try client.code(.refresh, [Lifetime(0)], &machine, at: .at(302)) == 437)
    }

    @Test("an allocation ends on its second: not believed before it is swept, then swept")
    func expiry() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.allocate(&machine)
        #expect(try client.code(.refresh, [], &machine, at: .at(600)) == 437)
        machine.handleTimeout(at: .at(599.9))
        #expect(machine.allocationCount == 1)
        machine.handleTimeout(at: .at(600))
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty && machine.nextDeadline == nil)
        try client.allocate(&machine, at: .at(600))
        #expect(machine.allocationCount == 1)
        var late = HandClient()
        try late.allocate(&machine, at: .at(1300))  // over, not swept: its place is free
        #expect(machine.allocationCount == 1 && machine.host.open.count == 1)
    }

    @Test("a stream's allocation ends with the stream; an expired one closes it")
    func streams() throws {
        var machine = makeMachine()
        var client = HandClient(transport: .tcp)
        try client.allocate(&machine)
        machine.connectionClosed(client.fiveTuple)
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty)
        try client.allocate(&machine)
        machine.handleTimeout(at: .at(600))
        #expect(drain(&machine) == [.disconnect(client.fiveTuple)])
    }

    @Test("another user's requests on the five-tuple get 441", arguments: [Method.refresh, .createPermission, .channelBind])
    func wrongCredentials(method: STUN.Method) throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.allocate(&machine)
        (client.username, client.password) = ("bob", "hunter2")
        #expect(try client.code(method, [], &machine) == 441)
    }

    @Test("truncated at every byte, no request does anything")
    func truncation() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        let peer = TransportAddress(literal: "1.1.1.1:1")
        let number = try #require(ChannelNumber(rawValue: 0x4000))
        let requests = [
            client.request(.allocate, [RequestedTransport(.udp), EvenPort(reservesNext: true), Lifetime(700)]),
            client.request(.refresh, [Lifetime(0)]), client.request(.createPermission, [XORPeerAddress(peer)]),
            client.request(.channelBind, [number, XORPeerAddress(peer)]), client.sendIndication([1, 2, 3], to: peer),
            client.bare(.binding, fingerprint: true),
        ]
        for request in requests {
            for count in 0..<request.count {
                #expect(client.exchange(Array(request.prefix(count)), &machine).isEmpty)
            }
        }
        #expect(machine.allocationCount == 0)
    }

    @Test("attributes of the wrong size are bad requests", arguments: [
        AttributeType.requestedTransport, .lifetime, .evenPort, .requestedAddressFamily, .reservationToken, .additionalAddressFamily,
    ])
    func malformed(type: AttributeType) throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        var builder = MessageBuilder(.request, .allocate, transactionID: client.newID())
        switch type {
        case .requestedTransport: builder.add(WrongSize<RequestedTransport>())
        case .lifetime: builder.add(WrongSize<Lifetime>())
        case .evenPort: builder.add(WrongSize<EvenPort>())
        case .requestedAddressFamily: builder.add(WrongSize<RequestedAddressFamily>())
        case .reservationToken: builder.add(WrongSize<ReservationToken>())
        default: builder.add(WrongSize<AdditionalAddressFamily>())
        }
        builder.add(RequestedTransport(.udp))
        builder.add(Username(client.username))
        builder.add(Realm(client.realm))
        builder.add(Nonce(client.nonce))
        #expect(try client.ask(builder.finish(key: client.key), &machine)[ErrorCode.self]?.code == 400)
        #expect(machine.allocationCount == 0)
    }
}
