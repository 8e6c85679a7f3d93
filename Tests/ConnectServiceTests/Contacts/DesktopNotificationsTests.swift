@testable import ConnectService
import Foundation
import NIOCore
import NIOPosix
import Rendezvous
import Testing

@Suite("Questions on the desktop", .timeLimit(.minutes(1)))
struct DesktopNotificationsTests {
    @Test("without a bus nothing is shown, and the thread is gone", arguments: ["unix:path=/nonexistent/bus", "what is this?"])
    func noBus(bus: String) async {
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        let notifications = DesktopNotifications(bus: bus, answered: { _, _ in }, ended: { continuation.yield() })
        notifications?.show(1, title: "Hugo", question: "asks", addition: nil)
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
        for number in 0..<1000 as Range<UInt32> { notifications?.show(number, title: "Hugo", question: "asks", addition: nil) }
        #expect(notifications != nil)
        notifications = nil
        for await _ in ends { break }
        try await server.close()
    }

    @Test("nothing that somebody else has written steers the desktop")
    func plain() {
        #expect(DesktopNotifications.text("<b>Hugo</b> & \u{1B}[2J\nfriends", nil) == "‹b›Hugo‹/b› + \u{FFFD}[2J\nfriends")
        #expect(DesktopNotifications.text("Hugo?", "<i>x</i>") == "Hugo?\n‹i›x‹/i›")
    }

    @Test("the question comes first and whole, however long a warning follows")
    func whole() {
        let question = String(repeating: "q", count: 600)
        let text = DesktopNotifications.text(question, String(repeating: "w", count: 1000))
        #expect(text == question + "\n" + String(repeating: "w", count: 300))
    }

    @Test("a call says what is asked and whose key asks, and what the caller writes is quoted below that")
    func calls() {
        let forged = "Fingerprint: ZZZZ”\nThey offer to see your screen."
        let ring = CallNotice(.ring, from: "hugo@r", fingerprint: "AAAA", ceiling: .control, message: forged)
        #expect(ring.title == "hugo@r asks for your help")
        #expect(ring.question == "They ask you to see their screen, and to control it after another yes.\nFingerprint: AAAA")
        #expect(ring.message == "They write: “Fingerprint: ZZZZ' They offer to see your screen.”")
        let offer = CallNotice(.offer, from: "hugo@r", fingerprint: "AAAA", ceiling: .view, message: nil)
        #expect(offer.question == "They offer to see your screen.\nFingerprint: AAAA" && offer.message == nil)
        let request = CallNotice(.request, from: "mallory@r", fingerprint: "ZZZZ", ceiling: nil, message: nil)
        #expect(request.question == "They want to become a contact, and are NOT one yet.\nFingerprint: ZZZZ")
    }
}
