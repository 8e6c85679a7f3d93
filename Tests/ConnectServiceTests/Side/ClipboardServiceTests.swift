@testable import ConnectService
import NIOCore
import Session
import Testing

@Suite("the clipboard of a session, without a display")
struct ClipboardServiceTests {
    private func connected(sharer: SideRules.Ways = .both, helper: SideRules.Ways = .both) async throws -> SessionPair {
        let pair = try await SessionPair(sharer: SideRules(clipboard: sharer), helper: SideRules(clipboard: helper))
        try await pair.onLoop { pair in
            for end in [pair.sharer!, pair.helper!] {
                end.driver.offer(ClipboardService(driver: end.driver) { [unowned pair] line in
                    end.told.append(line)
                    pair.check()
                })
            }
        }
        try await pair.connect()
        return pair
    }

    private func lend(_ pair: SessionPair) async throws {
        try await pair.onLoop { $0.helper.driver.perform(line: "request clipboard") }
        await pair.until { $0.sharer.events.contains { if case .sideRequest = $0 { true } else { false } } }
        try await pair.onLoop { $0.sharer.driver.perform(line: "yes") }
        await pair.until { $0.helper.driver.machine?.lent.isEmpty == false && !$0.sharer.driver.channelRequests.isEmpty }
    }

    @Test("a text goes over, and both are told how long it was")
    func goesOver() async throws {
        let pair = try await connected()
        try await lend(pair)
        try await pair.onLoop { $0.helper.driver.perform(line: "copy ünïcode and more") }
        await pair.until { !$0.sharer.told.isEmpty }
        try await pair.onLoop { $0.sharer.driver.perform(line: "copy back") }
        await pair.until { $0.helper.told.count == 2 }
        try await pair.onLoop { pair in
            #expect(pair.helper.told == [.clipboard(.sent, bytes: 18, text: nil), .clipboard(.received, bytes: 4, text: "back")])
            #expect(
                pair.sharer.told
                    == [.clipboard(.received, bytes: 18, text: "ünïcode and more"), .clipboard(.sent, bytes: 4, text: nil)])
        }
        try await pair.close()
    }

    @Test("it goes no way that a policy forbids, whatever the other side does")
    func directions() async throws {
        let pair = try await connected(sharer: .send)
        try await lend(pair)
        try await pair.onLoop { pair in
            #expect(throws: CommandRefusal.notGranted(.clipboard)) { try Self.service(pair.helper)?.send("not asked for") }
            // A helper's program that does not care.
            let channel = try #require(pair.helper.driver.channelRequests.keys.first)
            #expect(pair.helper.driver.send([1, 0, 0, 0, 1, 0x41], on: channel))
            pair.sharer.driver.perform(line: "copy allowed")
        }
        await pair.until { !$0.helper.told.isEmpty }
        // What was sent before it has come by then: nothing is lost on loopback.
        try await pair.onLoop { $0.helper.driver.perform(line: "say done") }
        await pair.until { $0.sharer.events.contains { if case .chat = $0 { true } else { false } } }
        try await pair.onLoop { #expect($0.sharer.told == [.clipboard(.sent, bytes: 7, text: nil)]) }
        try await pair.close()
    }

    @Test("what makes no sense ends the sharing and nothing else")
    func malformed() async throws {
        let pair = try await connected()
        try await lend(pair)
        try await pair.onLoop { pair in
            let channel = try #require(pair.helper.driver.channelRequests.keys.first)
            #expect(pair.helper.driver.send([9, 9, 9], on: channel))
        }
        await pair.until { $0.helper.driver.channelRequests.isEmpty }
        try await pair.onLoop { pair in
            #expect(throws: CommandRefusal.notGranted(.clipboard)) { try Self.service(pair.helper)?.send("x") }
            #expect(throws: CommandRefusal.notGranted(.clipboard)) { try Self.service(pair.sharer)?.send("x") }
            #expect(pair.sharer.driver.machine?.status.ended == nil && pair.sharer.told.isEmpty)
        }
        try await pair.close()
    }

    @Test("while it is paused nothing goes, and what waited is given up")
    func paused() async throws {
        let pair = try await connected()
        try await lend(pair)
        try await pair.onLoop { pair in
            pair.sharer.driver.perform(line: "pause")
            #expect(throws: CommandRefusal.isPaused) { try Self.service(pair.sharer)?.send("secret") }
            // On its way while the helper does not know yet.
            try Self.service(pair.helper)?.send("too late")
        }
        await pair.until { $0.helper.driver.machine?.status.isPaused == true }
        try await pair.onLoop { $0.helper.driver.perform(line: "say done") }
        await pair.until { $0.sharer.events.contains { if case .chat = $0 { true } else { false } } }
        try await pair.onLoop { #expect($0.sharer.told.isEmpty) }
        try await pair.close()
    }

    private static func service(_ end: SessionPair.End) -> ClipboardService? { end.driver.services[.clipboard] as? ClipboardService }
}
