@testable import ConnectService
import Foundation
import NIOCore
import NIOPosix
import SCTP
import Synchronization
import Session
import Testing

/// Two forwarders on one event loop, and wires between them instead of a session.
private actor Tunnel {
    /// The channels of one side. What is under way has a bound, as on a real one.
    final class Wire: ForwardingChannels {
        weak var other: Wire?
        var forwarder: Forwarder?
        let loop: any EventLoop
        private var underWay: [SideChannel: Int] = [:]
        private var isClosed: Set<SideChannel> = []
        private(set) var bytes = 0

        init(_ loop: any EventLoop) { self.loop = loop }

        func send(_ bytes: [UInt8], on channel: SideChannel) -> Bool {
            guard hasRoom(on: channel) else { return false }
            underWay[channel, default: 0] += bytes.count
            self.bytes += bytes.count
            loop.assumeIsolated().execute { [self] in
                other?.forwarder?.receive(bytes, on: channel)
                underWay[channel, default: 0] -= bytes.count
                forwarder?.hasRoom(on: channel)
            }
            return true
        }

        func hasRoom(on channel: SideChannel) -> Bool { underWay[channel, default: 0] <= SideChannel.backlog }

        /// Both halves: the other side has heard everything by then.
        func close(_ channel: SideChannel) {
            guard isClosed.insert(channel).inserted else { return }
            loop.assumeIsolated().execute { [self] in
                other?.close(channel)
                forwarder?.closed(channel)
            }
        }
    }

    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
    private let helper: Wire
    private let sharer: Wire
    private var lastStream: UInt16 = 0
    private var listener: ForwardingListener?
    private(set) var answers: [ForwardingFailure?] = []

    init(_ loop: any EventLoop, limits: ForwardingLimits = ForwardingLimits()) {
        self.loop = loop
        helper = Wire(loop)
        sharer = Wire(loop)
        helper.other = sharer
        sharer.other = helper
        helper.forwarder = Forwarder(role: .helper, limits: limits, loop: loop, channels: helper)
        sharer.forwarder = Forwarder(role: .sharer, limits: limits, loop: loop, channels: sharer)
    }

    /// Leads a port of this computer to a place.
    func lead(_ port: UInt16, to destination: Destination) async throws {
        helper.forwarder?.onAnswer = { [unowned self] _, failure in assumeIsolated { $0.answers.append(failure) } }
        listener = try await ForwardingListener.open(port: port, loop: loop) { channel in
            self.assumeIsolated { $0.arrived(channel, for: destination) }
        }
    }

    private func arrived(_ channel: any NIOCore.Channel, for destination: Destination) -> Bool {
        helper.forwarder?.arrived(channel, for: destination) {
            lastStream += 1
            let side = SideChannel(id: ChannelID(stream: lastStream))
            loop.assumeIsolated().execute { [sharer] in sharer.forwarder?.accept(side, for: destination) }
            return side
        } ?? false
    }

    func breakOff() { sharer.forwarder?.breakOff() }
    var count: Int { (helper.forwarder?.machine.count ?? 0) + (sharer.forwarder?.machine.count ?? 0) }
    var sharersBytes: Int { sharer.bytes }
    var traffic: Forwarding.Traffic? { helper.forwarder?.machine.traffic.values.first }

    func close() {
        listener?.close()
        helper.forwarder?.breakOff()
        sharer.forwarder?.breakOff()
    }
}

private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

@Suite("forwarded connections over real sockets", .timeLimit(.minutes(2)))
struct ForwarderTests {
    private static let applications = MultiThreadedEventLoopGroup.singleton

    /// A server on loopback, each of whose connections is handled so.
    private func withServer(
        _ serve: @escaping @Sendable (NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws -> Void,
        limits: ForwardingLimits = ForwardingLimits(), _ body: (Tunnel, UInt16) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: Self.applications).bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                return try Connection(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        let place = try #require(Destination(host: "localhost", port: UInt16(server.channel.localAddress?.port ?? 0)))
        let serving = Task {
            try await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        group.addTask { try? await connection.executeThenClose { try await serve($0, $1) } }
                    }
                }
            }
        }
        defer { serving.cancel() }
        try await withTunnel(to: place, limits: limits, body)
    }

    private func withTunnel(
        to place: Destination, limits: ForwardingLimits = ForwardingLimits(), _ body: (Tunnel, UInt16) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let tunnel = Tunnel(group.any(), limits: limits)
        do {
            let port = try await lead(tunnel, to: place)
            try await body(tunnel, port)
        } catch {
            await tunnel.close()
            try? await group.shutdownGracefully()
            throw error
        }
        await tunnel.close()
        try await group.shutdownGracefully()
    }

    /// Leads a port there that was free a moment ago; a test beside this one may have taken it meanwhile, and then it is another.
    private func lead(_ tunnel: Tunnel, to place: Destination) async throws -> UInt16 {
        var attempts = 0
        while true {
            let port = try await freePort()
            do {
                try await tunnel.lead(port, to: place)
                return port
            } catch let error as ForwardingPortError {
                attempts += 1
                if attempts == 20 { throw error }
            }
        }
    }

    private func freePort() async throws -> UInt16 {
        let channel = try await ServerBootstrap(group: Self.applications).bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(channel.localAddress?.port ?? 0)
        try await channel.close()
        return port
    }

    private func connect(_ port: UInt16, host: String = "127.0.0.1") async throws -> Connection {
        try await ClientBootstrap(group: Self.applications).connect(host: host, port: Int(port)) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                return try Connection(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
    }

    private static func pattern(_ count: Int, _ seed: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ seed) }
    }

    /// Waits for what comes of what was done, however long this machine takes.
    private func eventually(_ isSo: () async -> Bool) async throws {
        while !(await isSo()) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Sendable private static func echo(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        for try await bytes in inbound { try await outbound.write(bytes) }
        outbound.finish()
    }

    @Test("many at once bring back what was sent, each its own, and end in both directions")
    func echoes() async throws {
        try await withServer(Self.echo) { tunnel, port in
            try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask {
                        let sent = Self.pattern(300_000, number)
                        let heard = try await connect(port, host: number % 2 == 0 ? "127.0.0.1" : "::1").executeThenClose { inbound, outbound in
                            async let writing: Void = {
                                try await outbound.write(ByteBuffer(bytes: sent))
                                outbound.finish()
                            }()
                            var heard: [UInt8] = []
                            for try await bytes in inbound { heard += Array(bytes.readableBytesView) }
                            try await writing
                            return heard
                        }
                        #expect(heard == sent)
                    }
                }
                try await group.waitForAll()
            }
            try await eventually { await tunnel.count == 0 }
            #expect(await tunnel.traffic == Forwarding.Traffic(connections: 20, sentBytes: 6_000_000, receivedBytes: 6_000_000))
        }
    }

    @Test("the end of one direction leaves the other as it is")
    func halfClose() async throws {
        // It answers when it has heard everything, as a server does that counts.
        try await withServer { inbound, outbound in
            var count = 0
            for try await bytes in inbound { count += bytes.readableBytes }
            try await outbound.write(ByteBuffer(string: "\(count)"))
            outbound.finish()
        } _: { tunnel, port in
            let answer = try await connect(port).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(bytes: Self.pattern(100_000, 0)))
                outbound.finish()
                var answer = ""
                for try await bytes in inbound { answer += String(buffer: bytes) }
                return answer
            }
            #expect(answer == "100000")
            try await eventually { await tunnel.count == 0 }
        }
    }

    @Test("an application that does not read holds up itself alone, and gets everything when it does")
    func slowReader() async throws {
        let total = 4_000_000
        let piece = Self.pattern(50_000, 3)
        try await withServer { inbound, outbound in
            // Who says hello gets a lot; all others get back what they say.
            var questions = inbound.makeAsyncIterator()
            while let bytes = try await questions.next() {
                guard bytes.readableBytes == 5 else {
                    try await outbound.write(bytes)
                    continue
                }
                for _ in 0..<total / piece.count { try await outbound.write(ByteBuffer(bytes: piece)) }
            }
        } _: { tunnel, port in
            let slow = try await ClientBootstrap(group: Self.applications)
                .channelOption(.autoRead, value: false)
                .channelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
                .connect(host: "127.0.0.1", port: Int(port)).get()
            try await slow.writeAndFlush(ByteBuffer(string: "hello"))
            // What is sent stops growing: a window, and what the kernel keeps for a reader.
            var before = -1
            try await eventually {
                let now = await tunnel.sharersBytes
                try? await Task.sleep(for: .milliseconds(200))
                defer { before = now }
                return now > 100_000 && now == before
            }
            #expect(before < total / 2, "the sender was not held up")
            let heard = try await connect(port).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "something else"))
                for try await bytes in inbound { return String(buffer: bytes) }
                return ""
            }
            #expect(heard == "something else")
            let counter = Counter()
            try await slow.pipeline.addHandler(counter)
            try await slow.setOption(ChannelOptions.autoRead, value: true).get()
            slow.read()
            try await eventually { counter.count.load() == total }
            try? await slow.close()
        }
    }

    private final class Counter: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let count = SharedCount(0)
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let more = unwrapInboundIn(data).readableBytes
            count.add(more)
        }
    }

    @Test("a place that refuses closes the application's connection, and says why")
    func refused() async throws {
        let nobody = try await freePort()
        try await withTunnel(to: try #require(Destination(host: "127.0.0.1", port: nobody))) { tunnel, port in
            try await waitForTheEnd(port)
            try await eventually { await tunnel.answers == [.refused] }
            try await eventually { await tunnel.count == 0 }
        }
    }

    @Test("a name that nobody knows is one that nobody knows")
    func unknownName() async throws {
        try await withTunnel(to: try #require(Destination(host: "no-such-host.invalid", port: 80))) { tunnel, port in
            try await waitForTheEnd(port)
            try await eventually { await tunnel.answers == [.unknownName] }
        }
    }

    /// Connects, and waits until the connection is closed, by a reset or otherwise.
    private func waitForTheEnd(_ port: UInt16) async throws {
        // It may be over before the connection is seen to be made.
        try? await connect(port).executeThenClose { inbound, _ in for try await _ in inbound {} }
    }

    /// SO_LINGER's value: with a time of zero, close() resets.
    private struct Linger: Sendable {
        var isOn: Int32 = 1
        var seconds: Int32 = 0
    }

    @Test("an application's reset is one at the other side, too")
    func reset() async throws {
        let resets = SharedCount(0)
        try await withServer { inbound, _ in
            do { for try await _ in inbound {} } catch { resets.add(1) }
        } _: { tunnel, port in
            let channel = try await ClientBootstrap(group: Self.applications).connect(host: "127.0.0.1", port: Int(port)).get()
            try await channel.writeAndFlush(ByteBuffer(string: "x"))
            try await eventually { await tunnel.traffic?.sentBytes == 1 }
            let options = try #require(channel as? any SocketOptionProvider)
            try await options.unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger()).get()
            try await channel.close()
            try await eventually { resets.load() == 1 }
            try await eventually { await tunnel.count == 0 }
        }
    }

    @Test("taken back, all of them end at once")
    func breakOff() async throws {
        try await withServer(Self.echo) { tunnel, port in
            try await connect(port).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "hello"))
                var heard = 0
                do {
                    for try await bytes in inbound {
                        heard += bytes.readableBytes
                        await tunnel.breakOff()
                    }
                } catch {}
                #expect(heard == 5)
            }
            try await eventually { await tunnel.count == 0 }
        }
    }

    @Test("beyond the bound an application is sent away, and those that are there go on")
    func bound() async throws {
        var limits = ForwardingLimits()
        limits.connections = 2
        try await withServer(Self.echo, limits: limits) { tunnel, port in
            func hold(_ left: Int) async throws {
                try await connect(port).executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(string: "a"))
                    var replies = inbound.makeAsyncIterator()
                    #expect(try await replies.next() == ByteBuffer(string: "a"))
                    if left > 0 { return try await hold(left - 1) }
                    try await waitForTheEnd(port)
                    try await outbound.write(ByteBuffer(string: "b"))
                    #expect(try await replies.next() == ByteBuffer(string: "b"))
                }
            }
            try await hold(1)
        }
    }

    @Test("a port in use is said so, with what to do")
    func portInUse() async throws {
        let taken = try await ServerBootstrap(group: Self.applications).bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(taken.localAddress?.port ?? 0)
        let error = await #expect(throws: ForwardingPortError.self) {
            _ = try await ForwardingListener.open(port: port, loop: Self.applications.any()) { _ in false }
        }
        #expect(error?.description.contains("Port \(port) is in use on this computer: end the program that listens there") == true)
        try await taken.close()
    }
}

/// A number that several threads count.
private final class SharedCount: Sendable {
    private let value: Mutex<Int>
    init(_ value: Int) { self.value = Mutex(value) }
    func add(_ more: Int) { value.withLock { $0 += more } }
    func load() -> Int { value.withLock { $0 } }
}
