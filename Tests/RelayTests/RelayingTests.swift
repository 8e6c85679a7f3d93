import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Permissions, channels and what is relayed")
struct RelayingTests {
    let peer = TransportAddress(literal: "1.1.1.1:9000")
    var machine = makeMachine()
    var client = HandClient()
    let port: RelayedPort

    init() throws {
        let answer = try client.allocate(&machine, [Lifetime(3600)])
        port = RelayedPort(rawValue: Int(try #require(answer[XORRelayedAddress.self]).address.port))
    }

    private mutating func fromPeer(_ bytes: [UInt8], _ source: TransportAddress? = nil, at now: Instant = .zero) -> [RelayOutput] {
        machine.receiveFromPeer(bytes, from: source ?? peer, on: port, at: now)
        return drain(&machine)
    }

    private mutating func send(_ bytes: [UInt8], to peer: TransportAddress? = nil, at now: Instant = .zero) -> [RelayOutput] {
        client.exchange(client.sendIndication(bytes, to: peer ?? self.peer), &machine, at: now)
    }

    @Test("a permission lets an address in and out, on every port, for 300 seconds")
    mutating func permission() throws {
        #expect(send([1]).isEmpty && fromPeer([1]).isEmpty)
        #expect(try client.permit([peer], &machine) == nil)
        #expect(send([1]) == [.toPeer(port, peer, [1])])
        #expect(send([]) == [.toPeer(port, peer, [])])
        let elsewhere = TransportAddress(ip: peer.ip, port: 1)
        #expect(send([2], to: elsewhere) == [.toPeer(port, elsewhere, [2])])
        guard case .toClient(client.fiveTuple, let bytes) = try #require(fromPeer([3], elsewhere).first) else {
            throw HandClient.NoAnswer()
        }
        let indication = try Message(decoding: bytes)
        #expect(indication.method == .data && indication.messageClass == .indication)
        #expect(indication[XORPeerAddress.self]?.address == elsewhere)
        #expect(indication[DataAttribute.self]?.payload == [3])
        #expect(fromPeer([3], TransportAddress(literal: "1.1.1.2:9000")).isEmpty)
        #expect(send([1], at: .at(299.9)).count == 1 && fromPeer([1], at: .at(299.9)).count == 1)
        #expect(send([1], at: .at(300)).isEmpty && fromPeer([1], at: .at(300)).isEmpty)
        #expect(machine.nextDeadline == .at(300))
        machine.handleTimeout(at: .at(300))
        #expect(machine.tableSizes(of: client.fiveTuple, at: .at(300))?.permissions == 0)
        #expect(try client.permit([peer], &machine, at: .at(301)) == nil)
        #expect(send([1], at: .at(302)).count == 1)
    }

    @Test("a user gets so many new peers per second, over all allocations: 508 beyond; known ones are refreshed at will")
    mutating func newPeers() throws {
        machine.host.quotas.limits.newPeersPerSecond = 1
        func peers(_ numbers: Range<UInt32>) -> [TransportAddress] {
            numbers.map { TransportAddress(ip: .v4(0x0100_0000 + $0), port: 9) }
        }
        for turn in 0..<10 {
            var another = HandClient("8.8.4.5:\(turn + 1)")
            try another.allocate(&machine)
            #expect(try another.permit(peers(0..<100), &machine) == nil)
            #expect(try another.permit(peers(0..<100), &machine) == nil)
            #expect(try another.code(.refresh, [Lifetime(0)], &machine) == nil)
        }
        #expect(try client.permit(peers(0..<1), &machine) == 508)
        #expect(try client.bind(0x4000, peers(0..<1)[0], &machine) == 508)
        #expect(try client.permit(peers(0..<4), &machine, at: .at(3)) == 508)
        #expect(try client.permit(peers(0..<3), &machine, at: .at(3)) == nil)
        var bob = HandClient("8.8.4.5:99")
        (bob.username, bob.password) = ("bob", "hunter2")
        try bob.allocate(&machine)
        #expect(try bob.permit(peers(0..<9), &machine) == nil)
    }

    @Test("several addresses get their permissions all or none")
    mutating func atomic() throws {
        let good = TransportAddress(literal: "1.0.0.1:0")
        #expect(try client.permit([peer, good], &machine) == nil)
        let other = TransportAddress(literal: "1.0.0.2:0")
        #expect(try client.permit([other, TransportAddress(literal: "10.0.0.1:1")], &machine) == 403)
        #expect(try client.permit([other, TransportAddress(literal: "[2600::1]:1")], &machine) == 443)
        #expect(try client.permit([], &machine) == 400)
        #expect(machine.tableSizes(of: client.fiveTuple, at: .zero)?.permissions == 2)
        #expect(send([1], to: other).isEmpty)
    }

    @Test("permissions are bounded: 508, and what expired makes room")
    mutating func full() throws {
        for start in [0, 64] as [UInt32] {
            let peers = (start..<start + 64).map { TransportAddress(ip: .v4(0x0100_0000 + $0), port: 1) }
            #expect(try client.permit(peers, &machine) == nil)
        }
        #expect(try client.permit([peer], &machine) == 508)
        #expect(try client.permit([TransportAddress(ip: .v4(0x0100_0000), port: 1)], &machine) == nil)
        #expect(try client.bind(0x4000, peer, &machine) == 508)
        #expect(try client.permit([peer], &machine, at: .at(300)) == nil)
    }

    @Test("a channel carries both ways for 600 seconds, and makes a permission")
    mutating func channel() throws {
        #expect(try client.bind(0x4001, peer, &machine) == nil)
        #expect(client.exchange([0x40, 0x01, 0, 2, 5, 6], &machine) == [.toPeer(port, peer, [5, 6])])
        #expect(client.exchange([0x40, 0x01, 0, 0], &machine) == [.toPeer(port, peer, [])])
        #expect(client.exchange([0x40, 0x01, 0, 2, 5, 6, 0, 0], &machine) == [.toPeer(port, peer, [5, 6])])
        #expect(client.exchange([0x40, 0x01, 0, 3, 5, 6], &machine).isEmpty)
        #expect(client.exchange([0x40, 0x02, 0, 1, 5], &machine).isEmpty)
        #expect(client.exchange([0x80, 0x01, 0, 1, 5], &machine).isEmpty)
        #expect(fromPeer([7]) == [.toClient(client.fiveTuple, [0x40, 0x01, 0, 1, 7])])
        #expect(fromPeer([7], at: .at(300)).isEmpty, "the permission is over before the channel")
        #expect(client.exchange([0x40, 0x01, 0, 1, 5], &machine, at: .at(599.9)).count == 1)
        #expect(client.exchange([0x40, 0x01, 0, 1, 5], &machine, at: .at(600)).isEmpty)
    }

    @Test("over a stream ChannelData is padded")
    mutating func padded() throws {
        var stream = HandClient("8.8.4.4:50000", transport: .tcp)
        let answer = try stream.allocate(&machine)
        let port = RelayedPort(rawValue: Int(try #require(answer[XORRelayedAddress.self]).address.port))
        #expect(try stream.bind(0x4000, peer, &machine) == nil)
        machine.receiveFromPeer([7], from: peer, on: port, at: .zero)
        #expect(drain(&machine) == [.toClient(stream.fiveTuple, [0x40, 0, 0, 1, 7, 0, 0, 0])])
    }

    @Test("a channel has one peer and a peer one channel, until it expires")
    mutating func rebinding() throws {
        let other = TransportAddress(literal: "1.1.1.1:9001")
        #expect(try client.bind(0x4000, peer, &machine) == nil)
        #expect(try client.bind(0x4000, peer, &machine, at: .at(100)) == nil)
        #expect(try client.bind(0x4000, other, &machine) == 400)
        #expect(try client.bind(0x4001, peer, &machine) == 400)
        #expect(try client.bind(0x4001, other, &machine) == nil)
        #expect(try client.bind(0x4000, TransportAddress(literal: "1.1.1.9:1"), &machine, at: .at(699)) == 400)
        #expect(try client.bind(0x4002, peer, &machine, at: .at(700)) == nil)
        #expect(try client.bind(0x4000, TransportAddress(literal: "1.1.1.9:1"), &machine, at: .at(700)) == nil)
        #expect(fromPeer([1], at: .at(700)) == [.toClient(client.fiveTuple, [0x40, 2, 0, 1, 1])])
    }

    @Test("ChannelBind's refusals")
    mutating func bindRefusals() throws {
        let number = try #require(ChannelNumber(rawValue: 0x4000))
        #expect(try client.code(.channelBind, [number], &machine) == 400)
        #expect(try client.code(.channelBind, [XORPeerAddress(peer)], &machine) == 400)
        #expect(try client.code(.channelBind, [WrongSize<ChannelNumber>(), XORPeerAddress(peer)], &machine) == 400)
        #expect(try client.code(.channelBind, [number, WrongSize<XORPeerAddress>()], &machine) == 400)
        #expect(try client.bind(0x4000, TransportAddress(literal: "[2600::1]:1"), &machine) == 443)
        #expect(try client.bind(0x4000, TransportAddress(literal: "192.168.1.1:1"), &machine) == 403)
        #expect(try client.bind(0x4000, TransportAddress(literal: "1.1.1.1:0"), &machine) == 403)
        #expect(try client.code(.channelBind, [number, XORPeerAddress(peer), Unknown()], &machine) == 420)
        #expect(try #require(machine.tableSizes(of: client.fiveTuple, at: .zero)) == (0, 0))
    }

    @Test("channels are bounded: 508")
    mutating func channelsFull() throws {
        for number in 0..<128 as Range<UInt16> {
            #expect(try client.bind(0x4000 + number, TransportAddress(ip: peer.ip, port: 1 + number), &machine) == nil)
        }
        #expect(try client.bind(0x4FFF, peer, &machine) == 508)
        #expect(try client.bind(0x4000, TransportAddress(ip: peer.ip, port: 1), &machine) == nil)
    }

    @Test("Send indications that lack something, or ask what we cannot do, are dropped")
    mutating func sendIndications() throws {
        #expect(try client.permit([peer], &machine) == nil)
        #expect(client.exchange(client.sendIndication([1], to: peer, [Unknown()]), &machine).isEmpty)
        for attribute in [XORPeerAddress(peer), DataAttribute([1])] as [any Attribute] {
            var builder = MessageBuilder(.indication, .send, transactionID: client.newID())
            builder.add(attribute)
            #expect(client.exchange(builder.finish(), &machine).isEmpty)
        }
        let stranger = HandClient("8.8.4.4:1")
        #expect(stranger.exchange(client.sendIndication([1], to: peer), &machine).isEmpty)
        #expect(send([1], to: TransportAddress(ip: peer.ip, port: 0)).isEmpty)
    }

    @Test("a rule that is added later closes what was open, in and out")
    mutating func reconfigured() throws {
        #expect(try client.bind(0x4000, peer, &machine) == nil)
        machine.reconfigure(
            RelayConfiguration(
                realm: "ra-relay", users: UserDirectory(), peerPolicy: PeerPolicy(deny: [CIDRBlock(literal: "1.1.1.1")])),
            at: .zero)
        #expect(client.exchange([0x40, 0, 0, 1, 5], &machine).isEmpty)
        #expect(send([1]).isEmpty && fromPeer([1]).isEmpty)
    }

    @Test("two allocations of one relay reach each other inside; its other ports nobody reaches")
    mutating func ownAddress() throws {
        var other = HandClient("8.8.8.8:1")
        let answer = try other.allocate(&machine)
        let relayed = try #require(answer[XORRelayedAddress.self]).address
        let ours = TransportAddress(ip: FakeHost.ipv4, port: UInt16(port.rawValue))
        let elsewhere = TransportAddress(ip: FakeHost.ipv4, port: 3478)
        #expect(try client.permit([elsewhere], &machine) == nil)
        #expect(try client.bind(0x4000, elsewhere, &machine) == 403)
        #expect(try client.bind(0x4000, relayed, &machine) == nil)
        #expect(client.exchange([0x40, 0, 0, 1, 9], &machine) == [.toRelayed(from: ours, to: relayed, [9])])
        #expect(send([8], to: relayed) == [.toRelayed(from: ours, to: relayed, [8])])
        #expect(send([8], to: elsewhere).isEmpty)
        #expect(fromPeer([1], elsewhere).isEmpty)
        #expect(fromPeer([1], relayed) == [.toClient(client.fiveTuple, [0x40, 0, 0, 1, 1])])
        #expect(try other.code(.refresh, [Lifetime(0)], &machine) == nil)
        #expect(client.exchange([0x40, 0, 0, 1, 9], &machine).isEmpty, "the port is closed")
    }

    @Test("what is too long for a message is dropped")
    mutating func tooLong() throws {
        #expect(try client.permit([peer], &machine) == nil)
        #expect(fromPeer(Array(repeating: 0, count: 65_000)).count == 1)
        #expect(fromPeer(Array(repeating: 0, count: 65_535)).isEmpty)
        #expect(try client.bind(0x4000, peer, &machine) == nil)
        #expect(fromPeer(Array(repeating: 0, count: 65_535)).count == 1)
        #expect(fromPeer(Array(repeating: 0, count: 65_536)).isEmpty)
    }
}
