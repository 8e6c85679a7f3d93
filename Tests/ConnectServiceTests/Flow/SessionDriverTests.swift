@testable import ConnectService
import DTLS
import Foundation
import HostNetwork
import NIOCore
import NIOPosix
import NetPrimitives
import Rendezvous
import Session
import Testing

@Suite("A session's driver")
struct SessionDriverTests {
    @Test("the history's time begins when the helper comes, not when the invitation was made")
    func historyBegins() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let folder = FileManager.default.temporaryDirectory.appending(path: "driver-\(UUID().uuidString)").path
        let history = SessionHistory(path: folder + "/history.jsonl")
        let identity = try Identity()
        let came = MonotonicClock.now() - .seconds(100)
        try await loop.submit {
            let peer = PeerConnection(role: .sharer, identity: identity, loop: loop) { _ in }
            let driver = SessionDriver(
                role: .sharer, peer: peer, ceiling: .control, printer: EventPrinter(asJSON: true, role: .sharer), loop: loop,
                history: history)
            driver.doorFindings.append {
                [RouterDoor.Finding(.unreachable, address("192.168.1.10:4000"), address("11.22.33.21:4000"))]
            }
            // Nobody has introduced himself: there was no session.
            driver.begin(at: came - .seconds(3600))
            driver.begin(at: came)
            driver.receive(
                Meeting.description(name: "Helge", identity: identity, credentials: peer.localCredentials))
            driver.end(.noPath, "")
        }.get()
        let record = try #require(history.records.first)
        #expect(history.records.count == 1)
        #expect((100..<3600).contains(record.seconds))
        #expect(record.role == "sharer" && record.peer == "Helge" && record.path == nil)
        #expect(record.tried.isEmpty)
        #expect(record.findings?.map(\.external) == ["11.22.33.21:4000"])
        #expect(record.findings?.first?.why == "the router says that port 4000 is open, but nobody gets in by it")
    }

    /// What a driver has ended with, of which the peer has introduced itself and the person has said stop.
    private func ends(afterStopping events: [PeerConnection.Event]) async throws -> [EndReason] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let identity = try Identity()
        return try await loop.submit {
            let peer = PeerConnection(role: .sharer, identity: identity, loop: loop) { _ in }
            let driver = SessionDriver(
                role: .sharer, peer: peer, ceiling: .control, printer: EventPrinter(asJSON: true, role: .sharer), loop: loop, history: nil)
            var ends: [EndReason] = []
            driver.onEnd = { reason, _ in ends.append(reason) }
            driver.receive(Meeting.description(name: "Helge", identity: identity, credentials: peer.localCredentials))
            driver.perform(line: "stop")
            #expect(ends.isEmpty, "the other side is to be told first")
            for event in events { driver.handle(event) }
            return ends
        }.get()
    }

    @Test("who stops while the two are being connected says so as soon as they are, and is done")
    func stopsEarly() async throws {
        #expect(try await ends(afterStopping: [.ready]) == [.finished])
        #expect(try await ends(afterStopping: [.failed(.noPath)]) == [.finished])
        #expect(try await ends(afterStopping: [.closed]) == [.finished])
    }
}
