import NetPrimitives
import Relay
import RelayService
import STUN
import TURN
import Testing

@Suite("TCP allocations, on loopback (RFC 6062)", .serialized)
struct TCPRelayingTests {
    private let pattern = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }
    private let anywhere = TransportAddress(ip: .loopbackV4, port: 0)

    /// A client, its second connection that is bound, and the peer at the other end.
    private struct Joined {
        let control: StreamClient
        let data: StreamSocket
        let peer: StreamSocket
        let relayed: TransportAddress
    }

    private func connected(_ relay: TestRelay) throws -> Joined {
        let control = try StreamClient(relay.address)
        let relayed = try control.allocate()
        let listener = try StreamSocket(listeningAt: anywhere)
        let id = try control.connect(to: listener.address)
        let peer = try listener.accepted()
        let data = try StreamClient(relay.address)
        #expect(try data.ask(.connectionBind, [id]).messageClass == .successResponse)
        return Joined(control: control, data: data.socket, peer: peer, relayed: relayed)
    }

    @Test("bytes pass both ways as they are, and the end of one direction is the end of that direction alone")
    func bytes() async throws {
        let relay = try await TestRelay()
        for _ in 0..<6 {  // so that the kernel's ports lead to several workers
            let joined = try connected(relay)
            for _ in 0..<8 {
                try joined.data.send(pattern)
                #expect(try joined.peer.receive(pattern.count) == pattern)
                try joined.peer.send(pattern)
                #expect(try joined.data.receive(pattern.count) == pattern)
            }
            joined.data.endOutput()
            #expect(try joined.peer.receive(1).isEmpty)
            try joined.peer.send(pattern)
            joined.peer.endOutput()
            #expect(try joined.data.receive(pattern.count + 1) == pattern)
        }
        await relay.server.stop()
    }

    @Test("a user's limit slows down both directions together, and loses nothing", arguments: [false, true])
    func limited(byAllocation: Bool) async throws {
        let rate = 400_000
        let relay = try await TestRelay {
            $0.traffic = .none
            if byAllocation { $0.traffic.perAllocation.bytes = rate } else { $0.traffic.perUser.bytes = rate }
        }
        let joined = try connected(relay)
        let clock = ContinuousClock()
        let begin = clock.now
        for _ in 0..<12 {
            try joined.data.send(pattern)
            #expect(try joined.peer.receive(pattern.count) == pattern)
            try joined.peer.send(pattern)
            #expect(try joined.data.receive(pattern.count) == pattern)
        }
        // A second's worth is free, and the last that was read in each direction has waited for nothing yet.
        #expect(clock.now - begin >= .milliseconds(2 * 12 * pattern.count * 1000 / rate - 1000 - 2 * pattern.count * 1000 / rate))
        await relay.server.stop()
    }

    @Test("a limit that a reload brings holds for connections that are there")
    func limitedLater() async throws {
        let relay = try await TestRelay { $0.traffic = .none }
        let joined = try connected(relay)
        func pass() throws -> Int {
            for _ in 0..<20 { try joined.data.send(pattern) }
            return try joined.peer.receive(20 * pattern.count).count
        }
        #expect(try pass() == 20 * pattern.count)
        var configuration = relay.server.configuration
        configuration.traffic.perUser.bytes = 1
        try relay.server.reload(configuration)
        #expect(throws: StreamSocket.Failure.self, "what is too much comes in eleven days, and nobody waits so long") { try pass() }
        await relay.server.stop()
    }

    @Test("a peer that connects is announced, and what it sent before it was bound is not lost")
    func attempt() async throws {
        let relay = try await TestRelay()
        let control = try StreamClient(relay.address)
        let relayed = try control.allocate()
        let stranger = try StreamSocket(to: relayed)
        #expect(try stranger.receive(1).isEmpty, "there is no permission")
        #expect(try control.ask(.createPermission, [XORPeerAddress(anywhere)]).messageClass == .successResponse)
        let peer = try StreamSocket(to: relayed)
        try peer.send(pattern)
        peer.endOutput()
        let attempt = try control.nextMessage()
        #expect(attempt.method == .connectionAttempt && attempt[XORPeerAddress.self]?.address == peer.address)
        let id = try #require(attempt[ConnectionID.self])
        let data = try StreamClient(relay.address)
        #expect(try data.ask(.connectionBind, [id]).messageClass == .successResponse)
        #expect(try data.socket.receive(pattern.count + 1) == pattern)
        try data.socket.send(pattern)
        #expect(try peer.receive(pattern.count) == pattern)
        await relay.server.stop()
    }

    @Test("a reader that stops slows down its own sender, costs no other, and loses nothing", arguments: [false, true])
    func slowReader(clientReads: Bool) async throws {
        let relay = try await TestRelay()
        let (slow, brisk) = (try connected(relay), try connected(relay))
        let (sender, reader) = clientReads ? (slow.peer, slow.data) : (slow.data, slow.peer)
        let sent = sender.flood(pattern)
        #expect(sent < 64 << 20, "the kernels' buffers and ours, no more")
        try brisk.data.send(pattern)
        #expect(try brisk.peer.receive(pattern.count) == pattern)
        sender.endOutput()
        var received = 0
        while true {
            let bytes = try reader.receive(pattern.count)
            received += bytes.count
            guard bytes.count == pattern.count else {
                #expect(bytes[...] == pattern.prefix(bytes.count))
                break
            }
            #expect(bytes == pattern)
        }
        #expect(received == sent)
        await relay.server.stop()
    }

    @Test("the relay ends although somebody reads no more", .timeLimit(.minutes(1)), arguments: [false, true])
    func endWithSlowReader(clientReads: Bool) async throws {
        let relay = try await TestRelay()
        let joined = try connected(relay)
        _ = (clientReads ? joined.peer : joined.data).flood(pattern)
        await relay.server.stop()
    }

    @Test("when the control connection goes, everything goes; when one end goes, the other does")
    func end() async throws {
        let relay = try await TestRelay()
        var joined: Joined? = try connected(relay)
        let (data, peer) = try (#require(joined).data, #require(joined).peer)
        let relayed = try #require(joined).relayed
        joined = nil  // closes the control connection
        #expect(try data.receive(1).isEmpty && peer.receive(1).isEmpty)
        while let socket = try? StreamSocket(to: relayed) { _ = try socket.receive(1) }  // until it listens no more
        var second: Joined? = try connected(relay)
        let (control, otherPeer) = try (#require(second).control, #require(second).peer)
        second = nil  // closes the data connection
        #expect(try otherPeer.receive(1).isEmpty)
        #expect(try control.ask(.refresh, []).messageClass == .successResponse)
        await relay.server.stop()
        #expect(throws: (any Error).self) { try control.ask(.refresh, []) }
    }

    @Test("447 when nobody listens there; 403 for the relay's own address and what is not public; 400 for an unknown id")
    func refusals() async throws {
        let own = IPAddress(literal127: 9)
        let relay = try await TestRelay { $0.externalAddresses = [own] }
        let control = try StreamClient(relay.address)
        _ = try control.allocate()
        let closed = try StreamSocket(listeningAt: anywhere).address
        let refused = [
            (closed, 447), (TransportAddress(ip: own, port: 3478), 403), (TransportAddress(ip: .v4(0x0A00_0001), port: 80), 403),
        ]
        for (peer, code) in refused {
            #expect(try control.ask(.connect, [XORPeerAddress(peer)])[ErrorCode.self]?.code == code)
        }
        let data = try StreamClient(relay.address)
        #expect(try data.ask(.connectionBind, [ConnectionID(1)])[ErrorCode.self]?.code == 400)
        await relay.server.stop()
    }

    @Test("switched off, there are none: 442")
    func switchedOff() async throws {
        let relay = try await TestRelay { $0.tcpAllocations = false }
        let control = try StreamClient(relay.address)
        #expect(try control.ask(.allocate, [RequestedTransport(.tcp)])[ErrorCode.self]?.code == 442)
        await relay.server.stop()
    }
}

extension IPAddress {
    /// 127.0.0.`last`
    fileprivate init(literal127 last: UInt32) { self = .v4(0x7F00_0000 + last) }
}
