import NIOCore
import NIOEmbedded
@testable import RelayService
import Testing

@Suite("ChannelConnection")
struct ChannelConnectionTests {
    /// A reader that takes nothing until it is told to.
    private final class SlowReader: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private(set) var held: [(ByteBuffer, EventLoopPromise<Void>?)] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            held.append((unwrapOutboundIn(data), promise))
        }

        var heldBytes: Int { held.reduce(0) { $0 + $1.0.readableBytes } }

        func take() -> [UInt8] {
            let taken = held
            held = []
            for (_, promise) in taken { promise?.succeed() }
            return taken.flatMap { Array($0.0.readableBytesView) }
        }
    }

    private static func connection(_ channel: EmbeddedChannel, limit: Int = 1000) -> ChannelConnection {
        ChannelConnection(channel, limit: limit, resume: {}, join: { _, _ in })
    }

    @Test("nothing leaves before a flush, and then all of it at once")
    func oneWrite() throws {
        let channel = EmbeddedChannel()
        let connection = Self.connection(channel)
        for number in 0..<10 as Range<UInt8> { #expect(connection.write([number, number])) }
        channel.embeddedEventLoop.run()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        connection.flush()
        connection.flush()
        channel.embeddedEventLoop.run()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: (0..<10).flatMap { [$0, $0] }))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(try channel.finish().isClean)
    }

    @Test("a slow reader has its limit and loses what exceeds it; another's connection goes on, and its own when it reads")
    func slowReader() throws {
        let (slow, other) = (EmbeddedChannel(), EmbeddedChannel())
        let reader = SlowReader()
        try slow.pipeline.syncOperations.addHandler(reader)
        let (stuck, free) = (Self.connection(slow), Self.connection(other))
        var accepted: [UInt8] = []
        for number in 0..<100 as Range<UInt8> {
            let message = Array(repeating: number, count: 100)
            if stuck.write(message) { accepted += message }
            stuck.flush()
            slow.embeddedEventLoop.run()
            #expect(reader.held.count <= 1, "only one write is under way")
            #expect(free.write(message))
            free.flush()
            other.embeddedEventLoop.run()
            #expect(try other.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: message))
        }
        #expect(accepted.count == 1000)
        #expect(reader.heldBytes == 100)
        var received: [UInt8] = []
        while reader.heldBytes > 0 {
            received += reader.take()
            slow.embeddedEventLoop.run()
        }
        #expect(received == accepted)
        #expect(stuck.write(Array(repeating: 1, count: 1000)), "all of the limit is free again")
        #expect(!stuck.write([1]))
    }

    @Test("what was written before the end is sent before it; what comes after is dropped and keeps nothing")
    func closed() throws {
        let channel = EmbeddedChannel()
        let connection = Self.connection(channel)
        #expect(connection.write([1]))
        connection.close()
        channel.embeddedEventLoop.run()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: [1]))
        #expect(!channel.isActive)
        for _ in 0..<3 {
            #expect(connection.write(Array(repeating: 2, count: 1000)))
            connection.flush()
            channel.embeddedEventLoop.run()
        }
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }
}
