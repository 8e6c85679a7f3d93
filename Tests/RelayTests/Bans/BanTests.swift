import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Bans")
struct BanTests {
    static let users = UserDirectory(passwords: ["alice": "secret", "bob": "hunter2"], secrets: ["shared"])

    private func ban(
        _ machine: inout Machine, users: Set<String> = [], _ blocks: [String] = [], at now: Instant = .zero
    ) {
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: Self.users, peerPolicy: PeerPolicy(ownAddresses: [FakeHost.ipv4]))
        configuration.bans = BanRules(users: users, addresses: blocks.map(CIDRBlock.init(literal:)))
        machine.reconfigure(configuration, at: now)
    }

    private func holder(_ user: String, expiry: Int64 = HandClient.wallClock + 600, _ address: String) -> HandClient {
        let credential = TimeLimitedCredential(user: user, expiry: expiry, secret: "shared")
        var client = HandClient(address)
        (client.username, client.password) = (credential.username, credential.password)
        return client
    }

    @Test("a banned user's allocation ends, with its port and its quota; others' stay")
    func user() throws {
        var machine = makeMachine()
        var (alice, bob) = (HandClient("8.8.4.4:1"), HandClient("8.8.4.4:2"))
        (bob.username, bob.password) = ("bob", "hunter2")
        try alice.allocate(&machine)
        try bob.allocate(&machine)
        ban(&machine, users: ["alice"])
        #expect(machine.allocationCount == 1 && machine.host.open.count == 1 && machine.host.quotas.total == 1)
        #expect(machine.counters.allocationsEnded[.banned] == 1)
        #expect(try bob.code(.refresh, [], &machine) == nil)
        // Nothing of it is left: without a ban there would be 437.
        ban(&machine)
        #expect(try alice.code(.refresh, [], &machine) == 437)
    }

    @Test("a banned user gets the 401 of a user whom nobody knows, to the bytes that are not random")
    func refusal() throws {
        var machine = makeMachine()
        ban(&machine, users: ["alice"])
        var (alice, nobody) = (HandClient("8.8.4.4:1"), HandClient("8.8.4.4:1"))
        nobody.username = "nobody"
        try alice.learnNonce(&machine)
        nobody.nonce = alice.nonce
        let id = alice.newID()
        let theirs = alice.exchange(alice.request(.allocate, id: id, [RequestedTransport(.udp)]), &machine)
        #expect(theirs == nobody.exchange(nobody.request(.allocate, id: id, [RequestedTransport(.udp)]), &machine))
        #expect(machine.counters.bannedRequests[.user] == 1 && machine.counters.authenticationFailures[.credentials] == 1)
        #expect(machine.allocationCount == 0)
    }

    @Test("a user's ban covers all of their credentials, an invitation's ends its session")
    func timeLimited() throws {
        var machine = makeMachine()
        var clients = [
            holder("carol", "8.8.4.4:1"), holder("carol", expiry: HandClient.wallClock + 900, "8.8.4.4:2"),
            holder("i-0123456789abcdef", "8.8.4.4:3"), holder("carole", "8.8.4.4:4"),
        ]
        for index in clients.indices { try clients[index].allocate(&machine) }
        ban(&machine, users: ["carol", "i-0123456789abcdef"])
        #expect(machine.allocationCount == 1)
        #expect(try clients[3].code(.refresh, [], &machine) == nil)
    }

    @Test("a ban of expiry:user takes one credential back, and leaves the user the others")
    func credential() throws {
        var machine = makeMachine()
        var (first, second) = (holder("carol", "8.8.4.4:1"), holder("carol", expiry: HandClient.wallClock + 900, "8.8.4.4:2"))
        try first.allocate(&machine)
        try second.allocate(&machine)
        ban(&machine, users: [first.username])
        #expect(machine.allocationCount == 1)
        #expect(try second.code(.refresh, [], &machine) == nil)
        #expect(try first.ask(first.request(.allocate, [RequestedTransport(.udp)]), &machine)[ErrorCode.self]?.code == 401)
    }

    @Test(
        "a banned address gets no answer to anything, and what it had has ended",
        arguments: [
            ("8.8.4.4:1", "8.8.4.4/32"), ("8.8.4.4:1", "8.8.0.0/16"), ("[::ffff:8.8.4.4]:1", "8.8.4.4/32"),
            ("[2600:1:2:300::7]:1", "2600:1:2:300::/56"), ("[2600:1:2:3ff:1::7]:1", "2600:1:2:300::/56"),
        ])
    func address(client: String, block: String) throws {
        var machine = makeMachine()
        var client = HandClient(client)
        try client.allocate(&machine)
        ban(&machine, [block])
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty)
        #expect(client.exchange(client.request(.refresh), &machine).isEmpty)
        #expect(client.exchange(client.bare(.allocate, [RequestedTransport(.udp)]), &machine).isEmpty)
        #expect(client.exchange(client.bare(.binding), &machine).isEmpty)
        #expect(machine.counters.bannedRequests[.address] == 3 && machine.counters.requests[.binding] == 0)
        ban(&machine)
        #expect(client.exchange(client.bare(.binding), &machine).count == 1)
    }

    @Test("a stream's connection is closed with its allocation, and a neighbour's is not")
    func stream() throws {
        var machine = makeMachine()
        var (client, neighbour) = (HandClient("8.8.4.4:1", transport: .tcp), HandClient("8.8.4.5:1", transport: .tcp))
        try client.allocate(&machine)
        try neighbour.allocate(&machine)
        ban(&machine, ["8.8.4.4/32"])
        #expect(drain(&machine) == [.disconnect(client.fiveTuple)])
        #expect(machine.allocationCount == 1)
    }

    @Test("who moves to a banned address loses the allocation, and nobody moves there")
    func mobility() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        try roamer.move(to: "8.8.3.3:7", &machine)
        _ = roamer.client.exchange(roamer.refresh(), &machine)
        ban(&machine, ["8.8.3.3/32"])
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty)

        var other = makeMachine()
        roamer = try Roamer(&other)
        try roamer.move(to: "8.8.3.3:7", &other)
        ban(&other, ["8.8.3.3/32"])
        #expect(roamer.client.exchange(roamer.refresh(), &other).isEmpty)
        #expect(other.allocationCount == 1)
    }

    @Test("an allocation that was between two machines when the ban came ends where it arrives")
    func handOver() throws {
        var (first, second) = (makeMachine(), makeMachine())
        let roamer = try Roamer(&first)
        let taken = first.handOver(roamer.client.fiveTuple)
        second.host.quotas = first.host.quotas
        let port = RelayedPort(rawValue: 3)
        second.host.open[port] = roamer.relayed
        ban(&second, users: [roamer.client.username])
        second.adopt(try #require(taken), ports: [port], at: .zero)
        #expect(second.allocationCount == 0 && second.host.open.isEmpty && second.host.quotas.total == 0)
    }

    @Test("a banned address is no peer: 403, and what comes from there is dropped")
    func peers() throws {
        let bans = CIDRSet([CIDRBlock(literal: "1.1.1.0/24"), CIDRBlock(literal: "2600:1::/32")])
        let policy = PeerPolicy(allow: [CIDRBlock(literal: "1.1.1.1")]).with(banned: bans).with(ownAddresses: [FakeHost.ipv4])
        #expect(policy.verdict(for: IPAddress(literal: "1.1.1.1")) == .refused(.banned))
        #expect(policy.verdict(for: IPAddress(literal: "::ffff:1.1.1.1")) == .refused(.banned))
        #expect(policy.verdict(for: IPAddress(literal: "64:ff9b::101:101")) == .refused(.banned))
        #expect(policy.verdict(for: IPAddress(literal: "2600:1::1")) == .refused(.banned))
        #expect(policy.verdict(for: IPAddress(literal: "1.1.2.1")) == .allowed)
        var machine = makeMachine(policy: policy)
        var client = HandClient()
        try client.allocate(&machine)
        #expect(try client.permit([TransportAddress(literal: "1.1.1.7:7")], &machine) == 403)
    }

    @Test("other settings end no allocation, with bans and without")
    func sameBans() throws {
        var machine = makeMachine()
        ban(&machine, users: ["bob"], ["1.2.3.0/24"])
        var client = HandClient()
        try client.allocate(&machine)
        ban(&machine, users: ["bob"], ["1.2.3.0/24"])
        #expect(machine.allocationCount == 1)
    }
}
