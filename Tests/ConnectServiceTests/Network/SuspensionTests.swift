@testable import ConnectService
import Foundation
import NIOCore
import NIOPosix
import NetPrimitives
import Session
import Testing

@Suite("Suspensions of this computer", .timeLimit(.minutes(1)))
struct SuspensionTests {
    private static func ends(on bus: String) async {
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        var watch = SuspensionWatch(
            bus: bus, sleeps: { $0() }, wakes: {}, ended: { continuation.yield() })
        #expect(watch != nil)
        watch = nil
        for await _ in ends { break }
    }

    @Test("without a bus nothing is told, and the watch's thread is gone")
    func noBus() async {
        await Self.ends(on: "unix:path=/nonexistent/bus")
        await Self.ends(on: "what is this?")
    }

    @Test("a bus that takes connections and says nothing keeps nobody")
    func mute() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "bus-\(UUID().uuidString.prefix(8))").path
        let connected = AsyncStream.makeStream(of: Void.self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                connected.continuation.yield()
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(unixDomainSocketPath: path).get()
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        var watch = SuspensionWatch(
            bus: "unix:path=\(path)", sleeps: { $0() }, wakes: {}, ended: { continuation.yield() })
        for await _ in connected.stream { break }
        #expect(watch != nil)
        watch = nil
        for await _ in ends { break }
        try await server.close()
    }

    @Test("the clock that goes on shows a suspension, once, and takes no outage for one")
    func clock() {
        let start = Instant.zero + .seconds(1000)
        var clock = SuspensionClock(monotonic: start, boot: start + .seconds(50))
        func slept(_ monotonic: Instant, _ boot: Instant) -> Bool { clock.hasSlept(monotonic: monotonic, boot: boot) }
        #expect(!slept(start + .seconds(600), start + .seconds(650)))
        // Read one after the other.
        #expect(!slept(start + .seconds(601), start + .milliseconds(651_500)))
        #expect(slept(start + .seconds(602), start + .seconds(1252)))
        #expect(!slept(start + .seconds(603), start + .seconds(1253)))
        // A program that was stopped has slept itself, and no computer.
        #expect(!slept(start + .seconds(9603), start + .seconds(10253)))
    }

    @Test("one waking is told of in several ways; who sleeps again at once and wakes hours later has woken again")
    func wakings() {
        var wakings = Wakings()
        let start = Instant.zero + .seconds(1000)
        func isNew(_ boot: Instant) -> Bool { wakings.isNew(at: boot) }
        #expect(isNew(start))
        #expect(!isNew(start + .milliseconds(4999)))
        // Three seconds awake, eight hours asleep: CLOCK_MONOTONIC would have counted three.
        #expect(isNew(start + .seconds(3 + 8 * 3600)))
        #expect(!isNew(start + .seconds(4 + 8 * 3600)))
    }

    @Test("the peer is told before and after, and this side looks at its network anew")
    func tells() async throws {
        let pair = try await PeerPair()
        #expect(await pair.connect().count == 2)
        await withCheckedContinuation { told in
            PeerPair.loop.execute { pair.helper.assumeIsolated { $0.prepareForSuspension { told.resume() } } }
        }
        for await (side, event) in pair.events {
            if case .peerSuspended = event, side == .sharer { break }
        }
        #expect(await pair.sharer.isPeerSuspended)
        await pair.helper.wake()
        for await (side, event) in pair.events {
            if case .networkChanged = event, side == .helper { break }
        }
        while await pair.sharer.isPeerSuspended { try await Task.sleep(for: .milliseconds(10)) }
        #expect(await pair.exchange(Array("good morning".utf8), on: .control, from: .helper))
        await pair.close()
    }
}
