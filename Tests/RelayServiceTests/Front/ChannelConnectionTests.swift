import NIOCore
import NIOEmbedded
@testable import RelayService
import Synchronization
import TURN
import Testing

/// Counts from any thread.
private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.add(1, ordering: .relaxed) }
}

@Suite("ChannelConnection")
struct ChannelConnectionTests {
    private static func connection(
        _ channel: EmbeddedChannel, isEncrypted: Bool = false, limit: Int = 1000
    ) -> ChannelConnection {
        ChannelConnection(
            channel, isEncrypted: isEncrypted, sender: LoopSender(channel.eventLoop), limit: limit, resume: {},
            join: { _, _ in })
    }

    /// One that is connected.
    private static func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return channel
    }

    private static func send(_ connection: ChannelConnection, _ channel: EmbeddedChannel) {
        connection.flush()?.wake()
        channel.embeddedEventLoop.run()
    }

    /// Everything that has left.
    private static func written(_ channel: EmbeddedChannel) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { found.append(Array(buffer.readableBytesView)) }
        return found
    }

    /// ChannelData as a stream has it.
    private static func message(_ size: Int, _ byte: UInt8) throws -> [UInt8] {
        let channel = try #require(ChannelNumber(rawValue: ChannelNumber.preferred.lowerBound))
        return ChannelData(channel: channel, payload: Array(repeating: byte, count: size)[...]).encoded(padded: true)
    }

    @Test("nothing leaves before a flush, and then all of it at once")
    func oneWrite() throws {
        let channel = EmbeddedChannel()
        let connection = Self.connection(channel)
        for number in 0..<10 as Range<UInt8> { #expect(connection.write([number, number])) }
        channel.embeddedEventLoop.run()
        #expect(try Self.written(channel).isEmpty)
        let sender = connection.flush()
        #expect(sender != nil)
        #expect(connection.flush() == nil, "somebody is about to wake it")
        sender?.wake()
        channel.embeddedEventLoop.run()
        #expect(try Self.written(channel) == [(0..<10).flatMap { [$0, $0] }])
        #expect(try channel.finish().isClean)
    }

    @Test("connections of one event loop are sent for by one waking")
    func oneWaking() throws {
        let loop = EmbeddedEventLoop()
        let channels = (0..<3).map { _ in EmbeddedChannel(loop: loop) }
        let sender = LoopSender(loop)
        let connections = channels.map {
            ChannelConnection($0, isEncrypted: false, sender: sender, resume: {}, join: { _, _ in })
        }
        for round in 0..<3 as Range<UInt8> {
            for connection in connections { #expect(connection.write([round])) }
            let woken = connections.compactMap { $0.flush() }
            #expect(woken.count == 1)
            for sender in woken { sender.wake() }
            loop.run()
            for channel in channels { #expect(try Self.written(channel) == [[round]]) }
        }
    }

    @Test("a slow reader has its limit and loses what exceeds it; another's connection goes on, and its own when it reads")
    func slowReader() throws {
        let (slow, other) = (try Self.channel(), try Self.channel())
        slow.isWritable = false
        let (stuck, free) = (Self.connection(slow), Self.connection(other))
        var accepted: [UInt8] = []
        for number in 0..<100 as Range<UInt8> {
            let message = Array(repeating: number, count: 100)
            if stuck.write(message) { accepted += message }
            Self.send(stuck, slow)
            #expect(free.write(message))
            Self.send(free, other)
            #expect(try Self.written(other) == [message])
        }
        #expect(accepted.count == 1000)
        var received = try Self.written(slow).flatMap(\.self)
        #expect(received.count == 100, "only one write is under way")
        slow.isWritable = true
        stuck.writabilityChanged()
        slow.embeddedEventLoop.run()
        received += try Self.written(slow).flatMap(\.self)
        #expect(received == accepted)
        #expect(stuck.write(Array(repeating: 1, count: 1000)), "all of the limit is free again")
        #expect(!stuck.write([1]))
    }

    @Test("who does not read the answers is asked for no more until they are taken; what peers have sent does not count")
    func answers() throws {
        let channel = try Self.channel()
        channel.isWritable = false
        let resumed = Counter()
        let connection = ChannelConnection(
            channel, isEncrypted: false, sender: LoopSender(channel.eventLoop), resume: { resumed.add() }, join: { _, _ in })
        #expect(connection.write(try Self.message(60_000, 1)) && connection.mayRead())
        let answer: [UInt8] = [1, 0x13] + [UInt8](repeating: 0, count: 998)
        for _ in 0..<16 { #expect(connection.write(answer) && connection.mayRead()) }
        #expect(connection.write(answer) && !connection.mayRead())
        Self.send(connection, channel)
        #expect(!connection.mayRead() && resumed.count == 0)
        channel.isWritable = true
        connection.writabilityChanged()
        #expect(connection.mayRead() && resumed.count == 1)
        for _ in 0..<20 { #expect(connection.write(answer)) }
        #expect(!connection.mayRead())
        Self.send(connection, channel)
        #expect(connection.mayRead() && resumed.count == 2, "the channel has taken them at once")
        connection.writabilityChanged()
        #expect(resumed.count == 2)
    }

    @Test("of forwarded datagrams a stream takes whole ones, in order, as many as its limit allows")
    func forwarded() throws {
        let channel = EmbeddedChannel()
        let connection = Self.connection(channel, limit: 100)
        let memory = Bytes(count: 64)
        var batch = StreamBatch()
        // Framed: 16 + 16 + 12 bytes each time.
        for (offset, size) in [(0, 10), (10, 10), (20, 7)] {
            batch.add(memory.start + offset, count: size, channel: ChannelNumber.preferred.lowerBound, to: 0)
        }
        func frame(_ offset: Int, _ size: Int) throws -> [UInt8] {
            let bytes = UnsafeRawBufferPointer(start: memory.start + offset, count: size)
            let channel = try #require(ChannelNumber(rawValue: ChannelNumber.preferred.lowerBound))
            return ChannelData(channel: channel, payload: Array(bytes)[...]).encoded(padded: true)
        }
        let all = try frame(0, 10) + frame(10, 10) + frame(20, 7)
        let (_, datagrams) = batch.datagrams(0)
        #expect(connection.write([1]))
        #expect(connection.write(datagrams) == 0)
        #expect(connection.write(datagrams) == 0)
        #expect(connection.write(datagrams) == 3)
        #expect(connection.write([2, 3]), "what does not fit leaves its part of the limit")
        Self.send(connection, channel)
        #expect(try Self.written(channel) == [[1] + all + all + [2, 3]])
        #expect(connection.write(datagrams) == 0 && connection.write(datagrams) == 0)
        #expect(connection.write([9, 9, 9, 9]))
        #expect(connection.write(datagrams) == 3)
        Self.send(connection, channel)
        #expect(try Self.written(channel) == [all + all + [9, 9, 9, 9]])
        #expect(connection.write([UInt8](repeating: 4, count: 60)))
        #expect(connection.write(datagrams) == 1)
        Self.send(connection, channel)
        #expect(try Self.written(channel) == [[UInt8](repeating: 4, count: 60) + frame(0, 10) + frame(10, 10)])
    }

    @Test("inside TLS messages have a record each, and share records when they are many and large")
    func records() throws {
        let channel = EmbeddedChannel()
        let connection = Self.connection(channel, isEncrypted: true, limit: 1 << 18)
        let stun: [UInt8] = [1, 1, 0, 4, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 16)
        let few = try [Self.message(5, 1), stun, Self.message(0, 2), stun, Self.message(1000, 3)]
        for message in few { #expect(connection.write(message)) }
        Self.send(connection, channel)
        #expect(try Self.written(channel) == few)
        let (large, small) = (ChannelConnection.smallMessage, ChannelConnection.smallMessage - 4)
        let most = ChannelConnection.separateLimit / (large + 4)
        for (size, count) in [(large, 1), (large, most), (large, most + 1), (large, 200), (small, most + 2), (small, 200)] {
            let message = try Self.message(size, 4)
            for _ in 0..<count { #expect(connection.write(message)) }
            Self.send(connection, channel)
            let expected = count <= most || size == small
                ? Array(repeating: message, count: count) : [Array(repeating: message, count: count).flatMap(\.self)]
            #expect(try Self.written(channel) == expected)
        }
    }

    @Test("what was written before the end is sent before it; what comes after is dropped and keeps nothing")
    func closed() throws {
        let channel = try Self.channel()
        let connection = Self.connection(channel)
        #expect(connection.write([1]))
        connection.close()
        channel.embeddedEventLoop.run()
        #expect(try Self.written(channel) == [[1]])
        #expect(!channel.isActive)
        for isWritable in [true, false, true] {
            channel.isWritable = isWritable
            #expect(connection.write(Array(repeating: 2, count: 1000)))
            Self.send(connection, channel)
        }
        #expect(try Self.written(channel).isEmpty)
    }

    @Test("of a connection that was left nothing counts, whatever its reader has not taken")
    func left() throws {
        let memory = StreamMemory()
        let account = memory.open(for: nil) {}
        let channel = try Self.channel()
        channel.isWritable = false
        let connection = ChannelConnection(
            channel, isEncrypted: false, sender: LoopSender(channel.eventLoop), account: account, resume: {}, join: { _, _ in })
        #expect(connection.write(Array(repeating: 1, count: 300)))
        Self.send(connection, channel)
        #expect(connection.write(Array(repeating: 2, count: 200)))
        #expect(account.count == 500)
        connection.leave()
        #expect(account.count == 0)
        channel.isWritable = true
        connection.writabilityChanged()
        #expect(account.count == 0)
    }
}
