@testable import ConnectService
import DTLS
import Testing

struct RehearsalTests {
    @Test("handshakes with ourselves come to their end, as often as they are made")
    func comesUp() throws {
        let identity = try Identity()
        #expect((0..<10).allSatisfy { _ in Rehearsal.succeeds(with: identity) })
    }
}
