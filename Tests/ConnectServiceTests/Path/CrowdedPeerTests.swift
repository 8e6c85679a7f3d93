@testable import ConnectService
import NIOCore
import Session
import Testing

/// Both sides are on one event loop: while one of them speaks without a break, the other takes nothing.
@Suite("A peer connection whose other side takes nothing", .timeLimit(.minutes(1)))
struct CrowdedPeerTests {
    /// How many messages of `size` bytes are taken, of as many as would be far too many.
    private static func fill(_ peer: isolated PeerConnection, _ channel: PeerConnection.Channel, size: Int) -> Int {
        let message = [UInt8](repeating: 7, count: size)
        var taken = 0
        while taken < 4096, peer.send(message, on: channel) { taken += 1 }
        return taken
    }

    @Test("drops pictures, still takes control messages, and ends when there is no room for one")
    func crowded() async throws {
        let pair = try await PeerPair()
        #expect(await pair.connect().count == 2)
        let (pictures, controls) = try await PeerPair.loop.submit {
            pair.sharer.assumeIsolated { (Self.fill($0, .screen, size: 1 << 20), Self.fill($0, .control, size: 64 << 10)) }
        }.get()
        #expect((1...16).contains(pictures))
        #expect((16..<4096).contains(controls))
        for await (side, event) in pair.events {
            if case .failed(let failure) = event {
                #expect(side == .sharer)
                #expect("\(failure)".contains("wait to be sent"))
                break
            }
        }
        await pair.close()
    }
}
