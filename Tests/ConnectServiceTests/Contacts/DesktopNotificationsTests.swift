@testable import ConnectService
import Foundation
import NIOCore
import NIOPosix
import Testing

@Suite("Questions on the desktop", .timeLimit(.minutes(1)))
struct DesktopNotificationsTests {
    @Test("without a bus nothing is shown, and the thread is gone", arguments: ["unix:path=/nonexistent/bus", "what is this?"])
    func noBus(bus: String) async {
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        let notifications = DesktopNotifications(bus: bus, answered: { _, _ in }, ended: { continuation.yield() })
        notifications?.show(1, title: "Hugo", text: "asks")
        for await _ in ends { break }
        notifications?.withdraw(1)
        #expect(notifications != nil)
    }

    @Test("a bus that takes connections and says nothing keeps nobody, whatever is asked meanwhile")
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
        var notifications = DesktopNotifications(bus: "unix:path=\(path)", answered: { _, _ in }, ended: { continuation.yield() })
        for await _ in connected.stream { break }
        for number in 0..<1000 as Range<UInt32> { notifications?.show(number, title: "Hugo", text: "asks") }
        #expect(notifications != nil)
        notifications = nil
        for await _ in ends { break }
        try await server.close()
    }

    @Test("nothing that somebody else has written steers the desktop")
    func plain() {
        #expect(DesktopNotifications.plain("<b>Hugo</b> & \u{1B}[2J\nfriends") == "‹b›Hugo‹/b› + \u{FFFD}[2J\nfriends")
        #expect(DesktopNotifications.plain(String(repeating: "a", count: 5000)).count == 300)
    }
}
