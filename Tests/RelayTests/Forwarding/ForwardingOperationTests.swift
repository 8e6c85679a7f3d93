import NetPrimitives
@testable import Relay
import STUN
import TURN
import TestSupport
import Testing

/// Random requests, times and rules: after every one the table knows what the machine would say.
@Suite("Forwarding, under random operations")
struct ForwardingOperationTests {
    private static let peers = [
        "1.1.1.1:1000", "1.1.1.1:2000", "8.8.8.8:53", "9.9.9.9:50001", "4.4.4.4:4", "[2600::1]:6",
    ].map(TransportAddress.init(literal:))
    private static let channels = [0x4000, 0x4001, 0x4002, 0x7FFF] as [UInt16]

    private struct World: ~Copyable {
        var machine = makeMachine()
        var table: ForwardingTable
        var clients: [HandClient]
        var random: SplitMix64
        var now = Instant.zero
        /// Answers of the table that were a route: a test that sees none shows nothing.
        var hits = 0
        /// Of these, for the client over TCP.
        var streamHits = 0

        init(seed: UInt64) {
            random = SplitMix64(seed: seed)
            table = ForwardingTable(using: &random)
            clients = [
                HandClient("8.8.4.4:40000"), HandClient("8.8.4.4:40001"), HandClient("8.8.4.5:40000"),
                HandClient("8.8.4.4:40000", transport: .tcp),
            ]
        }

        mutating func step() throws {
            let number = Int.random(in: 0..<clients.count, using: &random)
            let peer = peers[Int.random(in: 0..<peers.count, using: &random)]
            switch Int.random(in: 0..<13, using: &random) {
            case 0, 1:
                try clients[number].learnNonce(&machine, at: now)
                let lifetime = UInt32.random(in: 0...1200, using: &random)
                var attributes: [any Attribute] = [RequestedTransport(.udp), Lifetime(lifetime)]
                if Bool.random(using: &random) { attributes.append(AdditionalAddressFamily(.ipv6)) }
                _ = try clients[number].code(.allocate, attributes, &machine, at: now)
            case 2:
                let lifetime = Bool.random(using: &random) ? 0 : UInt32.random(in: 1...4000, using: &random)
                var attributes: [any Attribute] = [Lifetime(lifetime)]
                let families = [nil, IPAddress.Family.ipv4, .ipv6]
                if let family = families[Int.random(in: 0..<3, using: &random)] {
                    attributes.append(RequestedAddressFamily(family))
                }
                try ask(number, .refresh, attributes)
            case 3, 4: try ask(number, .createPermission, [XORPeerAddress(peer)])
            case 5, 6, 7:
                let raw = channels[Int.random(in: 0..<channels.count, using: &random)]
                let channel = try #require(ChannelNumber(rawValue: raw))
                try ask(number, .channelBind, [channel, XORPeerAddress(peer)])
            case 8, 9: now += .milliseconds(Int64.random(in: 0...400_000, using: &random))
            case 10: machine.handleTimeout(at: now)
            case 11:
                let stream = clients[3].fiveTuple
                if Bool.random(using: &random) { machine.connectionClosed(stream) } else { machine.connectionOpened(stream) }
            default:
                let deny = Bool.random(using: &random) ? [CIDRBlock(literal: "1.1.1.0/24")] : []
                machine.reconfigure(
                    RelayConfiguration(
                        realm: "ra-relay", users: machine.configuration.users,
                        peerPolicy: PeerPolicy(deny: deny, ownAddresses: [FakeHost.ipv4])),
                    at: now)
            }
            _ = drain(&machine)
            while let change = machine.nextForwardingChange() {
                switch change {
                case .set(let route): table.set(route)
                case .remove(let client, let channel):
                    table.remove(
                        client: PackedAddress(clientOf: client), server: PackedAddress(client.server),
                        channel: channel.rawValue)
                }
            }
            if Int.random(in: 0..<10, using: &random) == 0 { table.removeExpired(at: now.nanoseconds) }
        }

        /// Asks, whatever the answer is; a nonce lasts an hour.
        private mutating func ask(_ number: Int, _ method: STUN.Method, _ attributes: [any Attribute]) throws {
            try clients[number].learnNonce(&machine, at: now)
            _ = try clients[number].code(method, attributes, &machine, at: now)
        }

        mutating func compare() throws {
            for client in clients.map(\.fiveTuple) {
                for number in channels { try compare(client, #require(ChannelNumber(rawValue: number))) }
            }
            // A socket hears peers of its own family alone.
            for (port, relayed) in machine.host.open {
                for peer in peers where peer.family == relayed.family { compare(peer, port) }
            }
        }

        private mutating func compare(_ client: FiveTuple, _ channel: ChannelNumber) throws {
            let slow = machine.routeFromClient(channel, of: client, at: now)
            let fast = table.route(
                fromClient: PackedAddress(clientOf: client), to: PackedAddress(client.server), channel: channel.rawValue,
                at: now.nanoseconds)?.pointee
            if let fast {
                hits += 1
                #expect(slow?.peer == TransportAddress(fast.peer))
                #expect(slow?.port.rawValue == Int(fast.port))
            } else if let slow {
                #expect(slow.peer.ip == FakeHost.ipv4, "the machine would forward to \(slow.peer)")
            }
        }

        private mutating func compare(_ peer: TransportAddress, _ port: RelayedPort) {
            let slow = machine.routeFromPeer(peer, on: port, at: now)
            let fast = table.route(
                fromPeer: PackedAddress(peer), on: UInt32(port.rawValue), at: now.nanoseconds)?.pointee
            if let fast {
                hits += 1
                #expect(slow.map { PackedAddress(clientOf: $0.client) } == fast.client)
                #expect(slow?.client.client == TransportAddress(fast.client))
                #expect(slow?.client.server == TransportAddress(fast.server))
                if fast.client.isStreamClient { streamHits += 1 }
                #expect(slow?.channel?.rawValue == fast.channel)
            } else if let slow, slow.channel != nil {
                #expect(peer.ip == FakeHost.ipv4, "the machine would forward from \(peer)")
            }
        }
    }

    @Test("every answer of the table is the machine's", arguments: 1...40 as ClosedRange<UInt64>)
    func agrees(seed: UInt64) throws {
        var world = World(seed: seed)
        for _ in 0..<250 {
            try world.step()
            try world.compare()
        }
        let hits = world.hits
        #expect(hits > 10)
    }

    @Test("some of these answers are for the client over TCP")
    func streams() throws {
        var hits = 0
        for seed in 1...5 as ClosedRange<UInt64> {
            var world = World(seed: seed)
            for _ in 0..<250 {
                try world.step()
                try world.compare()
            }
            hits += world.streamHits
        }
        #expect(hits > 10)
    }

    @Test("a DTLS client has no route, and its end takes none from the plain client at the same address")
    func secured() throws {
        var machine = makeMachine()
        var (plain, secured) = (HandClient(), HandClient())
        secured.fiveTuple.isSecured = true
        try plain.allocate(&machine)
        try secured.allocate(&machine)
        #expect(try secured.bind(0x4000, Self.peers[0], &machine) == nil)
        #expect(machine.nextForwardingChange() == nil)
        #expect(try plain.bind(0x4000, Self.peers[0], &machine) == nil)
        while let change = machine.nextForwardingChange() {
            guard case .set(let route) = change else { Issue.record("removed"); continue }
            #expect(TransportAddress(route.client) == plain.fiveTuple.client)
        }
        #expect(try secured.code(.refresh, [Lifetime(0)], &machine) == nil)
        #expect(machine.nextForwardingChange() == nil)
    }
}
