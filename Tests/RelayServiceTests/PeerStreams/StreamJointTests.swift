import NIOCore
import NIOEmbedded
import NetPrimitives
import Relay
@testable import RelayService
import Testing

/// A peer's end in virtual time, and what a client's channel gets of it.
@Suite("StreamJoint")
struct StreamJointTests {
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    private struct Scene {
        let loop = EmbeddedEventLoop()
        let reads = ReadCounter()
        let memory = StreamMemory(limit: 1_000_000)
        let peer: EmbeddedChannel
        let client: EmbeddedChannel
        let stream: PeerStream
        let limits = CurrentTrafficLimits(.none)
        let user = TrafficBudget()
        var traffic: StreamTraffic {
            StreamTraffic(allocation: TrafficBudget(), user: user, total: TrafficBudget(), limits: limits)
        }

        init() throws {
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
            (peer, client) = (EmbeddedChannel(handler: reads, loop: loop), EmbeddedChannel(loop: loop))
            try peer.pipeline.syncOperations.addHandler(StreamJoint(of: peer, in: memory))
            for channel in [peer, client] { channel.connect(to: address, promise: nil) }
            stream = PeerStream(peer)
            stream.traffic = traffic
            loop.run()
        }

        func limitUser(to bytes: Int) {
            var some = TrafficLimits.none
            some.perUser.bytes = bytes
            limits.set(some)
        }

        /// As a half close brings it: whether it was asked for or not.
        func send(_ count: Int) throws {
            for start in stride(from: 0, to: count, by: 50_000) {
                try peer.writeInbound(ByteBuffer(repeating: 7, count: min(50_000, count - start)))
            }
        }

        func join() throws {
            stream.join(client, traffic: try #require(stream.traffic))
            loop.run()
        }

        /// What the client's kernel has taken.
        func received() throws -> Int {
            var count = 0
            while let buffer = try client.readOutbound(as: ByteBuffer.self) { count += buffer.readableBytes }
            return count
        }
    }

    @Test("what came before the join waits for the limit, and so does the end of it; nothing is read meanwhile")
    func early() throws {
        let scene = try Scene()
        scene.limitUser(to: 100_000)
        #expect(scene.traffic.admits(upTo: 200_000, at: .zero) < 110_000)
        try scene.send(300_000)
        scene.peer.read()
        try scene.join()
        #expect(try scene.received() == 0 && scene.reads.count == 0)
        scene.peer.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        scene.loop.advanceTime(by: .seconds(1))
        let second = try scene.received()
        #expect((80_000...102_000).contains(second), "\(second)")
        #expect(scene.reads.count == 0 && scene.client.isActive && scene.memory.report.held == 300_000 - second)
        scene.loop.advanceTime(by: .seconds(3))
        #expect(try second + scene.received() == 300_000)
        // An embedded channel has no half to close: it is closed altogether, and only now.
        scene.loop.run()
        #expect(!scene.client.isActive && scene.memory.report.held == 0)
    }

    @Test("streams one after the other have what one stream has")
    func oneAfterTheOther() throws {
        let first = try Scene()
        first.limitUser(to: 100_000)
        var passed = 0
        for _ in 0..<20 {
            let scene = try Scene()
            scene.stream.traffic = first.traffic
            try scene.send(250_000)
            scene.peer.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            try scene.join()
            passed += try scene.received()
        }
        #expect((100_000...101_500).contains(passed), "\(passed)")
    }

    @Test("a limit that was raised is noticed at once")
    func raised() throws {
        let scene = try Scene()
        scene.limitUser(to: 1)
        scene.peer.read()
        #expect(scene.reads.count == 0)
        try scene.join()
        #expect(scene.reads.count == 1)
        try scene.send(200_000)
        scene.peer.read()
        #expect(try scene.received() == StreamTraffic.smallestPiece)
        scene.loop.advanceTime(by: .seconds(10))
        #expect(try scene.received() == 0 && scene.reads.count == 1)
        scene.limits.set(.none)
        scene.loop.advanceTime(by: .milliseconds(150))
        #expect(try scene.received() == 200_000 - StreamTraffic.smallestPiece && scene.reads.count == 2)
    }

    @Test("what a peer has sent before it was gone passes, but for no longer than a minute")
    func gone() throws {
        for (rate, count, seconds) in [(100_000, 300_000, Int64(3)), (1, StreamTraffic.smallestPiece, 60)] {
            let scene = try Scene()
            scene.limitUser(to: rate)
            try scene.join()
            try scene.send(300_000)
            scene.peer.pipeline.fireChannelInactive()
            scene.loop.advanceTime(by: .seconds(1))
            #expect(scene.client.isActive)
            scene.loop.advanceTime(by: .seconds(seconds - 1))
            #expect(!scene.client.isActive)
            #expect(try scene.received() == count)
        }
    }

    @Test("when it is we who end it, both ends go at once, and nothing is held any more")
    func ended() throws {
        let scene = try Scene()
        scene.limitUser(to: 1)
        try scene.join()
        try scene.send(300_000)
        #expect(scene.memory.report.held == 300_000 - StreamTraffic.smallestPiece)
        scene.stream.close()
        scene.loop.run()
        #expect(!scene.client.isActive && scene.memory.report.held == 0)
    }

    @Test("a stream that nobody limits is not carried")
    func unlimited() throws {
        let scene = try Scene()
        let handler = ReadCounter()
        try scene.client.pipeline.syncOperations.addHandler(handler)
        scene.stream.traffic = nil
        #expect(throws: ChannelError.inappropriateOperationForState) {
            try StreamJoint.join(
                scene.client, behind: handler, to: scene.stream, account: scene.memory.open(for: nil) {})
        }
    }
}
