@testable import ConnectService
import NIOCore
import Session
import Testing

/// A service that notes what it hears.
private final class Listener: SideService {
    let kind: Capability
    var granted: [SideRequest] = []
    var ended: [SideRequest] = []
    var opened: [SideChannel] = []
    var received: [[UInt8]] = []
    var closed: [SideChannel] = []
    var roomCame = 0
    var isOver = false
    var onRoom: (SideChannel) -> Void = { _ in }

    init(_ kind: Capability) { self.kind = kind }

    func handle(_ event: SideServiceEvent) {
        switch event {
        case .peerRules: break
        case .granted(let request): granted.append(request)
        case .denied(let request, _), .revoked(let request, _): ended.append(request)
        case .opened(let channel, _): opened.append(channel)
        case .message(_, let bytes): received.append(bytes)
        case .hasRoom(let channel):
            roomCame += 1
            onRoom(channel)
        case .closed(let channel): closed.append(channel)
        case .sessionEnded: isOver = true
        }
    }
}

@Suite("channels for what a yes was given to", .timeLimit(.minutes(5)))
struct SideChannelTests {
    private struct Listeners: @unchecked Sendable {
        let sharer = Listener(.file)
        let helper = Listener(.file)
    }

    private func connected(_ listeners: Listeners) async throws -> SessionPair {
        let pair = try await SessionPair()
        try await pair.onLoop { pair in
            pair.sharer.driver.offer(listeners.sharer)
            pair.helper.driver.offer(listeners.helper)
        }
        try await pair.connect()
        return pair
    }

    @Test("are opened after the yes by who asked, carry messages both ways, and close when it is taken back")
    func whole() async throws {
        let listeners = Listeners()
        let pair = try await connected(listeners)
        let asked = try await pair.onLoop { try $0.helper.driver.ask(for: .file(name: "a.txt", bytes: 7)) }
        #expect(try await pair.onLoop { $0.helper.driver.openChannel(for: asked) } == nil)
        await pair.until { pair in pair.sharer.events.contains { if case .sideRequest = $0 { true } else { false } } }
        try await pair.onLoop { $0.sharer.driver.perform(line: "yes") }
        await pair.until { _ in !listeners.helper.granted.isEmpty }
        let channel = try #require(try await pair.onLoop { $0.helper.driver.openChannel(for: asked) })
        #expect(try await pair.onLoop { $0.helper.driver.send([1, 2], on: channel) })
        await pair.until { _ in listeners.sharer.received == [[1, 2]] }
        let theirs = try #require(listeners.sharer.opened.first)
        #expect(try await pair.onLoop { $0.sharer.driver.send([3], on: theirs) })
        await pair.until { _ in listeners.helper.received == [[3]] }
        try await pair.onLoop { $0.sharer.driver.perform(line: "revoke file") }
        await pair.until { _ in !listeners.helper.closed.isEmpty && !listeners.sharer.closed.isEmpty }
        #expect(listeners.sharer.ended.count == 1 && listeners.helper.ended == [asked])
        #expect(try await pair.onLoop { !$0.helper.driver.send([4], on: channel) })
        try await pair.close()
        #expect(listeners.sharer.isOver && listeners.helper.isOver)
    }

    @Test("that nothing was granted for are closed, and no service hears of them")
    func ungranted() async throws {
        let listeners = Listeners()
        let pair = try await connected(listeners)
        for (label, name) in [("file", "1"), ("tcp", "2"), ("x", ""), ("control", "ra/1")] {
            let channel = try #require(
                try await pair.onLoop { $0.helper.driver.peer.assumeIsolated { $0.openSideChannel(label: label, protocol: name) } })
            await pair.until { pair in pair.helper.driver.peer.assumeIsolated { !$0.sideChannels.isKnown(channel.id) } }
        }
        #expect(listeners.sharer.opened.isEmpty && listeners.sharer.received.isEmpty)
        // The other way round it is the same.
        let channel = try #require(
            try await pair.onLoop { $0.sharer.driver.peer.assumeIsolated { $0.openSideChannel(label: "file", protocol: "1") } })
        await pair.until { pair in pair.sharer.driver.peer.assumeIsolated { !$0.sideChannels.isKnown(channel.id) } }
        #expect(listeners.helper.opened.isEmpty)
        try await pair.close()
    }

    @Test("take so much and no more, and say when there is room again; a peer opens so many and no more")
    func bounds() async throws {
        let listeners = Listeners()
        let pair = try await connected(listeners)
        let asked = try await pair.onLoop { try $0.helper.driver.ask(for: .file(name: "a.txt", bytes: 7)) }
        await pair.until { pair in pair.sharer.events.contains { if case .sideRequest = $0 { true } else { false } } }
        try await pair.onLoop { $0.sharer.driver.perform(line: "yes") }
        await pair.until { _ in !listeners.helper.granted.isEmpty }
        let message = [UInt8](repeating: 7, count: 32 << 10)
        let opened = try await pair.onLoop { pair in
            var channels: [SideChannel] = []
            while let channel = pair.helper.driver.openChannel(for: asked) { channels.append(channel) }
            return channels
        }
        #expect(opened.count == SideChannel.maximumCount)
        let channel = try #require(opened.first)
        let sent = try await pair.onLoop { pair in
            var sent = 0
            while pair.helper.driver.send(message, on: channel) { sent += 1 }
            return sent
        }
        #expect((1...100).contains(sent))
        await pair.until { _ in listeners.helper.roomCame > 0 && listeners.sharer.received.count == sent }
        #expect(try await pair.onLoop { $0.helper.driver.send(message, on: channel) })
        #expect(try await pair.onLoop { $0.sharer.driver.peer.assumeIsolated { $0.sideChannels.theirs } } == opened.count)
        try await pair.close()
    }
}
