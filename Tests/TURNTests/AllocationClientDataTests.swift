import NetPrimitives
import STUN
import TURN
import TestSupport
import Testing

@Suite("AllocationClient: sending and receiving")
struct AllocationClientDataTests {
    let server = ScriptedServer()
    let peer = TransportAddress(literal: "203.0.113.5:9000")

    private func payload(of bytes: [UInt8]?) throws -> (TransportAddress, [UInt8]) {
        let message = try Message(decoding: try #require(bytes))
        #expect(message.messageClass == .indication && message.method == .send)
        return (try #require(message[XORPeerAddress.self]?.address), Array(try #require(message[DataAttribute.self]).payload))
    }

    @Test("data waits for its permission, in order and bounded")
    func queue() throws {
        var client = makeClient()
        try server.allocate(&client)
        for number in 0..<40 { client.send([UInt8(number)], to: peer, at: .zero) }
        let request = try server.request(&client, .createPermission)
        #expect(try request.peerAddresses().map(\.ip) == [peer.ip])
        #expect(client.nextTransmit() == nil)
        client.receive(server.success(request), at: .zero)
        for number in 0..<AllocationClient.maximumQueued {
            let (destination, bytes) = try payload(of: client.nextTransmit())
            #expect(destination == peer && bytes == [UInt8(number)])
        }
        #expect(client.nextTransmit() == nil)
        client.send([99], to: peer, at: .zero)
        #expect(try payload(of: client.nextTransmit()).1 == [99])
    }

    @Test("what is asked for before the allocation is done once it is there")
    func early() throws {
        var client = makeClient()
        client.send([1], to: peer, at: .zero)
        client.bindChannel(to: peer, at: .zero)
        try server.allocate(&client)
        client.receive(server.success(try server.request(&client, .createPermission)), at: .zero)
        client.receive(server.success(try server.request(&client, .channelBind)), at: .zero)
        #expect(try payload(of: client.nextTransmit()).1 == [1])
        #expect(client.isBound(to: peer))
    }

    @Test("a bound peer's data travels as ChannelData, padded over TCP", arguments: [TransportProtocol.udp, .tcp])
    func channel(transport: TransportProtocol) throws {
        var client = makeClient(transport)
        try server.allocate(&client)
        client.bindChannel(to: peer, at: .zero)
        let request = try server.request(&client, .channelBind)
        #expect(request[ChannelNumber.self]?.rawValue == 0x4000)
        #expect(request[XORPeerAddress.self]?.address == peer)
        // RFC 8656 §12: ChannelData may come before the answer.
        client.receive(hex("4000 0001 07") + (transport == .tcp ? [0, 0, 0] : []), at: .zero)
        #expect(client.nextEvent() == .data([7], from: peer))
        client.receive(server.success(request), at: .zero)
        client.send([1, 2, 3], to: peer, at: .zero)
        #expect(client.nextTransmit() == hex("4000 0003 010203" + (transport == .tcp ? "00" : "")))
    }

    @Test("a refused permission is told, and what waited is dropped")
    func denied() throws {
        var client = makeClient()
        try server.allocate(&client)
        client.send([1], to: peer, at: .zero)
        client.receive(server.refusal(try server.request(&client, .createPermission), 403), at: .zero)
        #expect(client.nextEvent() == .permissionDenied(peer.ip, ErrorCode(403, "no")))
        client.send([2], to: peer, at: .zero)
        #expect(client.nextTransmit() == nil && client.nextEvent() == nil)
        client.createPermission(for: peer.ip, at: .zero)
        client.receive(server.success(try server.request(&client, .createPermission)), at: .zero)
        client.send([3], to: peer, at: .zero)
        #expect(try payload(of: client.nextTransmit()).1 == [3])
    }

    @Test("a refused channel leaves Send indications")
    func channelRefused() throws {
        var client = makeClient()
        try server.allocate(&client)
        client.bindChannel(to: peer, at: .zero)
        client.receive(server.refusal(try server.request(&client, .channelBind), 508), at: .zero)
        client.receive(server.success(try server.request(&client, .createPermission)), at: .zero)
        client.send([5], to: peer, at: .zero)
        #expect(try payload(of: client.nextTransmit()).1 == [5])
    }

    @Test("what became of a datagram is told, of peers with a permission alone")
    func icmp() throws {
        var client = makeClient()
        try server.allocate(&client)
        client.createPermission(for: peer.ip, at: .zero)
        client.receive(server.success(try server.request(&client, .createPermission)), at: .zero)
        let error = ICMP(type: 3, code: 4, mtu: 1400, family: .ipv4)
        var random = SplitMix64(seed: 3)
        for source in [TransportAddress(literal: "203.0.113.6:9000"), peer] {
            var builder = MessageBuilder(.indication, .data, transactionID: TransactionID(using: &random))
            builder.add(XORPeerAddress(source))
            builder.add(error)
            client.receive(builder.finish(), at: .zero)
        }
        #expect(client.nextEvent() == .unreachable(peer, error))
        #expect(client.nextEvent() == nil)
    }

    @Test("permissions are renewed after 4 minutes, channels after 8, until the server is lost")
    func renewals() throws {
        var client = makeClient()
        try server.allocate(&client, lifetime: 3600)
        client.bindChannel(to: peer, at: .zero)
        client.receive(server.success(try server.request(&client, .channelBind)), at: .zero)
        #expect(client.nextDeadline == .at(240))
        client.handleTimeout(at: .at(240))
        client.receive(server.success(try server.request(&client, .createPermission)), at: .at(240))
        #expect(client.nextDeadline == .at(480))
        client.handleTimeout(at: .at(480))
        var methods: [STUN.Method] = []
        while let bytes = client.nextTransmit() {
            let message = try Message(decoding: bytes)
            methods.append(message.method)
            client.receive(server.success(message), at: .at(480))
        }
        #expect(Set(methods) == [.channelBind, .createPermission])
        client.handleTimeout(at: .at(720))
        client.receive(server.refusal(try server.request(&client, .createPermission), 437), at: .at(720))
        #expect(client.nextEvent() == .lost)
    }

    @Test("data of addresses without a permission is not believed")
    func foreignData() throws {
        var client = makeClient()
        try server.allocate(&client)
        var random = SplitMix64(seed: 3)
        var builder = MessageBuilder(.indication, .data, transactionID: TransactionID(using: &random))
        builder.add(XORPeerAddress(peer))
        builder.add(DataAttribute([1]))
        let indication = builder.finish()
        client.receive(indication, at: .zero)
        client.receive(hex("4000 0001 07"), at: .zero)
        #expect(client.nextEvent() == nil)
        client.createPermission(for: peer.ip, at: .zero)
        client.receive(indication, at: .zero)
        #expect(client.nextEvent() == .data([1], from: peer))
    }

    @Test("peers are bounded")
    func bounded() throws {
        var client = makeClient()
        try server.allocate(&client)
        for number in 0..<1000 {
            client.send([0], to: TransportAddress(ip: .v4(0x0800_0000 + UInt32(number)), port: 1), at: .zero)
            client.bindChannel(to: TransportAddress(ip: .v4(0x0900_0000 + UInt32(number)), port: 1), at: .zero)
        }
        var sent = 0
        while client.nextTransmit() != nil { sent += 1 }
        #expect(sent == 2 * AllocationClient.maximumPeers)
    }
}
