@testable import ConnectService
import HostNetwork
import ICE
import NIOCore
import NIOEmbedded
import NIOPosix
import NIOTransport
import NetPrimitives
import STUN
import Session
import Testing

@Suite("A peer connection over TCP alone", .timeLimit(.minutes(1)))
struct PeerConnectionStreamTests {
    @Test("both are connected directly, and everything arrives")
    func connects() async throws {
        let pair = try await PeerPair()
        let paths = await pair.connect()
        #expect(paths[.sharer]?.kind == .direct && paths[.helper]?.kind == .direct)
        #expect(paths[.sharer]?.transport == .tcp && paths[.helper]?.transport == .tcp)
        #expect(paths[.sharer]?.local == "127.0.0.1:\(pair.port)")
        #expect(paths[.helper]?.remote == "127.0.0.1:\(pair.port)")
        #expect(paths[.helper]?.local == paths[.sharer]?.remote)
        let picture = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 31) }
        #expect(await pair.exchange(Array("hello".utf8), on: .control, from: .helper))
        #expect(await pair.exchange(picture, on: .screen, from: .sharer))
        await pair.close()
    }

    @Test("who listens nowhere is not told of connections that could be opened")
    func noDoor() async throws {
        let pair = try await PeerPair(hasDoor: false)
        #expect(!pair.signalled.contains { $0.contains(" tcp ") })
        await pair.close()
    }

    @Test("a connection that breaks is opened again, and nothing is lost", arguments: [Session.Role.sharer, .helper])
    func reconnects(who: Session.Role) async throws {
        let pair = try await PeerPair()
        #expect(await pair.connect().count == 2)
        for number in 0..<3 {
            let peer = who == .sharer ? pair.sharer : pair.helper
            let broken = try await PeerPair.loop.submit {
                peer.assumeIsolated { peer in
                    let streams = peer.streams.values
                    for stream in streams { stream.close() }
                    return streams.count
                }
            }.get()
            #expect(broken > 0, "\(number)")
            #expect(await pair.exchange(Array("still there? \(number)".utf8), on: .control, from: .helper))
            #expect(await pair.exchange(Array("still there! \(number)".utf8), on: .control, from: .sharer))
        }
        await pair.close()
    }

    @Test("the end closes the door and all that came in by it")
    func end() async throws {
        let pair = try await PeerPair()
        #expect(await pair.connect().count == 2)
        await pair.close()
        let left = try await PeerPair.loop.submit {
            pair.sharer.assumeIsolated { $0.streams.count } + pair.helper.assumeIsolated { $0.streams.count }
        }.get()
        #expect(left == 0)
        await #expect(throws: (any Error).self) {
            _ = try await ClientBootstrap(group: PeerPair.loop).connect(host: "127.0.0.1", port: Int(pair.port)).get()
        }
    }

    @Test("strangers are sent away without an answer", arguments: [
        Array("GET / HTTP/1.1\r\n\r\n".utf8), [0x03, 0x00, 0x00, 0x13, 0x0E], [0x16, 0x03, 0x01, 0x00, 0xC8],
        [0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 12),
    ] as [[UInt8]])
    func strangers(_ bytes: [UInt8]) async throws {
        let pair = try await PeerPair()
        let (heard, continuation) = AsyncStream.makeStream(of: StreamSocket.Event.self)
        let stranger = try await StreamSocket.connect(
            to: TransportAddress(ip: .loopbackV4, port: pair.port), loop: PeerPair.loop) { continuation.yield($0) }
        stranger.send(bytes, mayBeDropped: false)
        var first: StreamSocket.Event?
        for await event in heard {
            first = event
            break
        }
        if case .closed? = first {} else { Issue.record("it was answered") }
        // And the one who is meant comes in all the same.
        #expect(await pair.connect().count == 2)
        await pair.close()
    }

    @Test("a check that was heard elsewhere and is played back again and again takes nobody's place")
    func playedBack() async throws {
        let pair = try await PeerPair()
        #expect(await pair.connect().count == 2)
        // As the helper's would be, and for nobody's answer.
        let check = try await PeerPair.loop.submit {
            let (mine, theirs) = (pair.sharer.localCredentials, pair.helper.localCredentials)
            var builder = MessageBuilder(.request, .binding, transactionID: Opening.nonce)
            builder.add(Priority(1_862_270_975))
            builder.add(Username("\(mine.usernameFragment):\(theirs.usernameFragment)"))
            return builder.finish(key: .shortTerm(password: mine.password), fingerprint: true)
        }.get()
        let frame = try #require(StreamFraming.frame(check))
        let (events, continuation) = AsyncStream.makeStream(of: StreamSocket.Event.self)
        var sockets: [StreamSocket] = []
        for _ in 0..<40 {
            let socket = try await StreamSocket.connect(
                to: TransportAddress(ip: .loopbackV4, port: pair.port), loop: PeerPair.loop) { continuation.yield($0) }
            socket.send(frame, mayBeDropped: false)
            sockets.append(socket)
        }
        // All but as many as one household has places for are closed again.
        var closed = 0
        for await event in events {
            if case .closed = event { closed += 1 }
            if closed == sockets.count - Guests.limitOfSource { break }
        }
        let kept = try await PeerPair.loop.submit { pair.sharer.assumeIsolated { $0.streams.values.filter(\.isAnswered).count } }.get()
        #expect(kept > 0)
        #expect(await pair.exchange(Array("still there?".utf8), on: .control, from: .helper))
        for socket in sockets { socket.close() }
        await pair.close()
    }

    @Test("a connection that is silent for a minute is closed, but for the one that carries data")
    func silence() async throws {
        let pair = try await PeerPair()
        #expect(await pair.connect().count == 2)
        let (before, after) = try await PeerPair.loop.submit {
            pair.sharer.assumeIsolated { peer in
                let now = MonotonicClock.now()
                let ends = StreamEnds(
                    base: TransportAddress(ip: .loopbackV4, port: pair.port), remote: TransportAddress(ip: .loopbackV4, port: 1))
                let silent = PacketStream(0, ends, channel: EmbeddedChannel(), at: now)
                silent.isAnswered = true
                peer.keep(silent, at: now)
                peer.handleStreamTimeout(at: now + PacketStream.longestSilence - .seconds(1))
                let before = peer.streams.count
                peer.handleStreamTimeout(at: now + PacketStream.longestSilence + .seconds(1))
                return (before, peer.streams.count)
            }
        }.get()
        #expect(before == 2)
        #expect(after == 1)
        #expect(await pair.exchange(Array("still there?".utf8), on: .control, from: .helper))
        await pair.close()
    }

    @Test("the relay's dial-back is heard at the door, and then sent away")
    func dialBack() async throws {
        let pair = try await PeerPair()
        var random = SystemRandomNumberGenerator()
        let nonce = TransactionID(using: &random)
        let promise = PeerPair.loop.makePromise(of: TransportAddress.self)
        pair.sharer.calls.expect(nonce, promise)
        let (heard, continuation) = AsyncStream.makeStream(of: StreamSocket.Event.self)
        let relay = try await StreamSocket.connect(
            to: TransportAddress(ip: .loopbackV4, port: pair.port), loop: PeerPair.loop) { continuation.yield($0) }
        relay.send(MessageBuilder(.request, .binding, transactionID: nonce).finish(fingerprint: true), mayBeDropped: false)
        #expect(try await promise.futureResult.get() == relay.local)
        var first: StreamSocket.Event?
        for await event in heard {
            first = event
            break
        }
        if case .closed? = first {} else { Issue.record("it was answered") }
        await pair.close()
    }

    @Test("towards who does not read packets are dropped, checks last of all")
    func slowReader() async throws {
        let server = try await ServerBootstrap(group: PeerPair.loop)
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let remote = try #require(server.localAddress)
        let channel = try await ClientBootstrap(group: PeerPair.loop).connect(to: remote).get()
        let ends = StreamEnds(base: TransportAddress(ip: .loopbackV4, port: 9), remote: TransportAddress(ip: .loopbackV4, port: 1))
        let waiting = try await PeerPair.loop.submit {
            let stream = PacketStream(1, ends, channel: channel, at: .zero)
            let check = MessageBuilder(.request, .binding, transactionID: Opening.nonce).finish(fingerprint: true)
            func fill(_ packet: [UInt8]) throws -> Int {
                // Until the system takes no more, and then as much again.
                var (waiting, last) = (0, -1)
                while waiting > last || waiting == 0 {
                    for _ in 0..<1000 { stream.send(packet, at: .zero) }
                    (last, waiting) = (waiting, try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0)
                }
                return waiting
            }
            return (data: try fill([UInt8](repeating: 0xFF, count: 1200)), checks: try fill(check))
        }.get()
        #expect((PacketStream.dataLimit / 2...PacketStream.dataLimit + 1202).contains(waiting.data))
        #expect((PacketStream.dataLimit...PacketStream.checkLimit + 30).contains(waiting.checks))
        #expect(waiting.checks > waiting.data)
        try await channel.close()
        try await server.close()
    }
}
