import Glibc
import NetPrimitives
@testable import Relay
@testable import RelayService
import TURN
import Testing

@Suite("Forwarder, over loopback")
struct ForwarderTests {
    /// A client, a listener, a relayed port and a peer, with one channel between them.
    private struct Scene: ~Copyable {
        let listener: Ear
        let relayed: Ear
        let client: Ear
        let peer: Ear
        let traffic = TrafficMeters(total: TrafficBudget(), limits: .none)
        var forwarder: Forwarder
        let door: Forwarder.Listener
        /// What the forwarder handed out.
        var handedOut: [[UInt8]] = []

        init(isWildcard: Bool = false) throws {
            let listener = try Ear(
                isWildcard ? "0.0.0.0:0" : "127.0.0.1:0", aggregates: true, wantsDestination: isWildcard)
            let (relayed, client, peer) = (try Ear(aggregates: true), try Ear(), try Ear())
            let server = TransportAddress(ip: .loopbackV4, port: listener.socket.address.port)
            var route = try Self.route(client.socket.address, server, peer.socket.address)
            route.peerDescriptor = relayed.socket.descriptor
            route.clientDescriptor = listener.socket.descriptor
            route.namesSource = isWildcard
            self.init(listener, relayed, client, peer, route)
        }

        private init(_ listener: Ear, _ relayed: Ear, _ client: Ear, _ peer: Ear, _ route: ForwardingRoute) {
            (self.listener, self.relayed, self.client, self.peer) = (listener, relayed, client, peer)
            var random = SystemRandomNumberGenerator()
            forwarder = Forwarder(traffic: traffic, using: &random)
            door = Forwarder.Listener(
                descriptor: listener.socket.descriptor, address: PackedAddress(listener.socket.address),
                isWildcard: route.namesSource)
            forwarder.table.set(route)
        }

        var server: TransportAddress { TransportAddress(ip: .loopbackV4, port: listener.socket.address.port) }

        /// Ends as the machine gives them: the permission after five minutes, the channel after ten.
        static func route(
            _ client: TransportAddress, _ server: TransportAddress, _ peer: TransportAddress
        ) throws -> ForwardingRoute {
            ForwardingRoute(
                client: FiveTuple(transport: .udp, client: client, server: server), peer: peer,
                port: RelayedPort(rawValue: 0), channel: try #require(ChannelNumber(rawValue: 0x4000)),
                meter: .none, endOfSending: .zero + .seconds(600), endOfReceiving: .zero + .seconds(300))
        }

        mutating func work(fromPeers: Bool, at now: Int64 = 0, limit: Int = 64) -> (messages: Int, datagrams: Int) {
            var datagrams = 0
            let descriptor = fromPeers ? relayed.socket.descriptor : listener.socket.descriptor
            let messages = forwarder.receive(from: descriptor, limit: limit)
            while let datagram = fromPeers
                ? forwarder.forwardFromPeers(0, at: now, &datagrams) : forwarder.forwardFromClients(door, at: now, &datagrams)
            {
                handedOut.append(Array(datagram.bytes))
            }
            forwarder.recycle(at: now)
            return (messages, datagrams)
        }

        /// Sends datagrams of one size, and a shorter one, as one message of the kernel's.
        func sendTrain(_ datagrams: [[UInt8]], from mouth: Ear, to ear: TransportAddress) {
            var batch = SendBatch()
            let outlet = Outlet(destination: PackedAddress(ear), source: .none, descriptor: mouth.socket.descriptor)
            for datagram in datagrams { datagram.withUnsafeBytes { batch.add(copy: $0, to: outlet, at: 0) } }
            batch.flush(at: 0)
        }
    }

    private static func channelData(_ channel: UInt16, _ payload: [UInt8], length: Int? = nil, padding: Int = 0) -> [UInt8] {
        let length = length ?? payload.count
        return [UInt8(channel >> 8), UInt8(channel & 0xFF), UInt8(length >> 8), UInt8(length & 0xFF)] + payload
            + [UInt8](repeating: 0xAA, count: padding)
    }

    private static func payloads(_ sizes: [Int]) -> [[UInt8]] {
        sizes.enumerated().map { number, size in (0..<size).map { UInt8(truncatingIfNeeded: $0 + number) } }
    }

    @Test("one message of the kernel's is taken apart and put together again, from the client", arguments: [
        Array(repeating: 1200, count: 16) + [300], [10, 10, 10], [1], [1400, 1399], Array(repeating: 1000, count: 60),
    ])
    func fromClient(sizes: [Int]) throws {
        var scene = try Scene()
        let payloads = Self.payloads(sizes)
        let number = ChannelNumber.preferred.lowerBound
        scene.sendTrain(payloads.map { Self.channelData(number, $0) }, from: scene.client, to: scene.server)
        let worked = scene.work(fromPeers: false)
        let (handedOut, counts, peer) = (scene.handedOut, scene.forwarder.batch.counts, scene.peer.hear())
        #expect(worked.messages == 1 && worked.datagrams == sizes.count)
        #expect(peer == payloads)
        #expect(handedOut.isEmpty && counts.calls == 1 && counts.dropped == 0)
    }

    @Test("one message of the kernel's is taken apart and put together again, from the peer", arguments: [
        Array(repeating: 1200, count: 16) + [300], [10, 10, 10], [1], [0], [1400, 1399], Array(repeating: 1000, count: 60),
    ])
    func fromPeer(sizes: [Int]) throws {
        var scene = try Scene()
        let payloads = Self.payloads(sizes)
        scene.sendTrain(payloads, from: scene.peer, to: scene.relayed.socket.address)
        let worked = scene.work(fromPeers: true)
        let (handedOut, counts, client) = (scene.handedOut, scene.forwarder.batch.counts, scene.client.hear())
        let number = ChannelNumber.preferred.lowerBound
        #expect(worked.messages == 1 && worked.datagrams == sizes.count)
        #expect(client == payloads.map { Self.channelData(number, $0) })
        #expect(handedOut.isEmpty && counts.calls == 1 && counts.dropped == 0)
    }

    @Test("what is for a stream is gathered, and nothing is sent", arguments: [
        Array(repeating: 1200, count: 16) + [300], [10, 10, 10], [1], [0], [1400, 1399], Array(repeating: 1000, count: 60),
    ])
    func toStream(sizes: [Int]) throws {
        var scene = try Scene()
        var route = try Scene.route(scene.client.socket.address, scene.server, scene.peer.socket.address)
        route.clientStream = 5
        scene.forwarder.table.set(route)
        let payloads = Self.payloads(sizes)
        scene.sendTrain(payloads, from: scene.peer, to: scene.relayed.socket.address)
        var datagrams = 0
        #expect(scene.forwarder.receive(from: scene.relayed.socket.descriptor, limit: 64) == 1)
        #expect(scene.forwarder.forwardFromPeers(0, at: 0, &datagrams) == nil)
        let (count, calls, counted) = (
            scene.forwarder.streams.count, scene.forwarder.batch.counts.calls, scene.forwarder.toClients.datagrams)
        #expect(count == 1 && datagrams == sizes.count && calls == 0 && counted == UInt64(sizes.count))
        let (stream, taken) = scene.forwarder.streams.datagrams(0)
        #expect(stream == 5 && unpack(taken).map(\.datagram) == payloads)
        #expect(unpack(taken).allSatisfy { $0.channel == ChannelNumber.preferred.lowerBound })
        scene.forwarder.recycle(at: 0)
        let left = scene.forwarder.streams.count
        #expect(left == 0)
        #expect(scene.client.hear().isEmpty)
    }

    @Test("what a limit does not allow is dropped both ways, and counted; with the next second there is room", arguments: [false, true])
    func limited(fromPeers: Bool) throws {
        var scene = try Scene()
        var limits = TrafficLimits.none
        limits.total = .init(bytes: 1000, packets: 0)
        scene.traffic.setLimits(limits, at: .zero)
        let payloads = Self.payloads(Array(repeating: 100, count: 30))
        let number = ChannelNumber.preferred.lowerBound
        var passed = 0
        for second in 0..<3 as Range<Int64> {
            if fromPeers {
                scene.sendTrain(payloads, from: scene.peer, to: scene.relayed.socket.address)
            } else {
                scene.sendTrain(payloads.map { Self.channelData(number, $0) }, from: scene.client, to: scene.server)
            }
            let worked = scene.work(fromPeers: fromPeers, at: second * 1_000_000_000)
            let heard = (fromPeers ? scene.client : scene.peer).hear()
            #expect(worked.datagrams == 30)
            #expect(heard == Array((fromPeers ? payloads.map { Self.channelData(number, $0) } : payloads)[..<heard.count]))
            #expect(abs(heard.count - 10) <= 1, "\(heard.count)")
            passed += heard.count
        }
        let (handedOut, refused, counted) = (
            scene.handedOut, scene.forwarder.refused,
            fromPeers ? scene.forwarder.toClients.datagrams : scene.forwarder.toPeers.datagrams
        )
        #expect(handedOut.isEmpty && refused == UInt64(90 - passed) && counted == UInt64(passed))
    }

    @Test("padding is left out; what is short, lies or is nobody's is the machine's, in a train as well")
    func special() throws {
        var scene = try Scene()
        let number = ChannelNumber.preferred.lowerBound
        let good = Self.channelData(number, [1, 2, 3, 4])
        let stun: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42]
        let others = [
            Self.channelData(number, [1, 2, 3, 4], length: 5), Self.channelData(number, [], length: 0xFFFF),
            Self.channelData(number + 1, [1, 2, 3, 4]), [0x40], [], [0x40, 0, 0], stun, Self.channelData(0x3FFF, [1, 2, 3, 4]),
            Self.channelData(0x8000, [1, 2, 3, 4]),
        ]
        let padded = [
            Self.channelData(number, [5], padding: 3), Self.channelData(number, []),
            Self.channelData(number, [], padding: 4),
        ]
        // Each by itself, then all that have one size as one message.
        for datagram in others + padded { scene.sendTrain([datagram], from: scene.client, to: scene.server) }
        scene.sendTrain(
            [good, stun, good, Self.channelData(number, [6], padding: 3), others[0], others[2], good, [0x40]],
            from: scene.client, to: scene.server)
        let worked = scene.work(fromPeers: false)
        let (handedOut, peer) = (scene.handedOut, scene.peer.hear())
        #expect(worked.messages == others.count + padded.count + 1)
        #expect(handedOut == others + [stun, others[0], others[2], [0x40]])
        #expect(peer == [[5], [], [], [1, 2, 3, 4], [1, 2, 3, 4], [6], [1, 2, 3, 4]])
    }

    @Test("a stranger's datagrams, and everybody's when the route has ended, are the machine's")
    func strangers() throws {
        var scene = try Scene()
        let stranger = try Ear()
        let data = Self.channelData(ChannelNumber.preferred.lowerBound, [7])
        scene.sendTrain([data], from: stranger, to: scene.server)
        _ = scene.work(fromPeers: false)
        scene.sendTrain([[8], [8]], from: stranger, to: scene.relayed.socket.address)
        _ = scene.work(fromPeers: true)
        let late: Int64 = 301_000_000_000
        scene.sendTrain([[9]], from: scene.peer, to: scene.relayed.socket.address)
        _ = scene.work(fromPeers: true, at: late)
        scene.sendTrain([data], from: scene.client, to: scene.server)
        _ = scene.work(fromPeers: false, at: late)
        scene.sendTrain([data], from: scene.client, to: scene.server)
        _ = scene.work(fromPeers: false, at: 2 * late)
        let (handedOut, peer) = (scene.handedOut, scene.peer.hear())
        #expect(handedOut == [data, [8], [8], [9], data])
        #expect(peer == [[7]])
        #expect(scene.client.hear().isEmpty)
    }

    @Test("behind a wildcard the address that was asked answers")
    func wildcard() throws {
        var scene = try Scene(isWildcard: true)
        let data = Self.channelData(ChannelNumber.preferred.lowerBound, [7, 7])
        scene.sendTrain([data, data], from: scene.client, to: scene.server)
        _ = scene.work(fromPeers: false)
        // Asked at another address there is no such channel.
        scene.sendTrain([data], from: scene.client, to: TransportAddress(ip: .v4(0x7F00_0002), port: scene.server.port))
        _ = scene.work(fromPeers: false)
        scene.sendTrain([[1], [2], [3]], from: scene.peer, to: scene.relayed.socket.address)
        _ = scene.work(fromPeers: true)
        let (handedOut, peer) = (scene.handedOut, scene.peer.hear())
        #expect(handedOut == [data])
        #expect(peer == [[7, 7], [7, 7]])
        #expect(scene.client.hear().map { Array($0.dropFirst(4)) } == [[1], [2], [3]])
    }

    @Test("messages are taken up to the limit that is asked for, and more than the ring holds after it is sent")
    func ring() throws {
        var scene = try Scene()
        let number = ChannelNumber.preferred.lowerBound
        var random = SystemRandomNumberGenerator()
        for round in 0..<3 {
            // Different sizes, so that the kernel puts nothing together.
            for size in 1...(ReceiveRing.size + 40) {
                let payload = (0..<(round + (size * 7) % 300)).map { _ in UInt8.random(in: 0...255, using: &random) }
                scene.sendTrain([Self.channelData(number, payload)], from: scene.client, to: scene.server)
            }
            var (worked, heard) = (0, 0)
            while worked < ReceiveRing.size + 40 {
                let (messages, _) = scene.work(fromPeers: false, limit: 50)
                #expect(messages <= 50 && messages > 0)
                worked += messages
                heard += scene.peer.hear().count
            }
            #expect(heard == ReceiveRing.size + 40)
        }
    }
}
