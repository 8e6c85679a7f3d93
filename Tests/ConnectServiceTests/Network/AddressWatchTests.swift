@testable import ConnectService
import Foundation
import HostNetwork
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import Testing

@Suite("The watch of this computer's addresses", .timeLimit(.minutes(1)))
struct AddressWatchTests {
    /// What a watch has told.
    private final class Diary: Sendable {
        private let counts = Mutex((changes: 0, ends: 0))
        var changes: Int { counts.withLock { $0.changes } }
        var ends: Int { counts.withLock { $0.ends } }
        func noteChange() { counts.withLock { $0.changes += 1 } }
        func noteEnd() { counts.withLock { $0.ends += 1 } }
    }

    @Test("a burst of news is one change, and the next burst another one")
    func bursts() throws {
        let diary = Diary()
        let channel = EmbeddedChannel(
            handler: ChangeHandler(calm: .milliseconds(50), changed: diary.noteChange, ended: diary.noteEnd))
        for burst in 1...3 {
            for _ in 0..<20 { try channel.writeInbound(ByteBuffer(string: "an address, a route")) }
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(49))
            #expect(diary.changes == burst - 1)
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
            #expect(diary.changes == burst)
        }
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(diary.changes == 3 && diary.ends == 0)
    }

    @Test("more news than the system keeps end the watch, once, and are no error of anybody's")
    func overflow() throws {
        let diary = Diary()
        let channel = EmbeddedChannel(
            handler: ChangeHandler(calm: .milliseconds(50), changed: diary.noteChange, ended: diary.noteEnd))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/a")).wait()
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ENOBUFS, reason: "recvmsg"))
        channel.pipeline.fireChannelInactive()
        #expect(diary.ends == 1)
        try channel.throwIfErrorCaught()
    }

    @Test("the system's own watch opens, and says when it is closed")
    func system() async throws {
        let (ended, announce) = AsyncStream.makeStream(of: Void.self)
        let watch = await AddressWatch.open(
            loop: MultiThreadedEventLoopGroup.singleton.next(), changed: {}, ended: { announce.yield() })
        try #require(watch).close()
        #expect(await ended.first { true } != nil)
    }
}
