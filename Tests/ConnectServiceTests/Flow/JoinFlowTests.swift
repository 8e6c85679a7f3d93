@testable import ConnectService
import NIOPosix
import NetPrimitives
import Rendezvous
import Session
import Testing

@Suite("The helper's side")
struct JoinFlowTests {
    @Test("who is stopped before anything has begun opens no door and asks no relay", .timeLimit(.minutes(1)))
    func stoppedAtOnce() async throws {
        let relay = try await FakeServer.relay()
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        defer { pool.shutdownGracefully { _ in } }
        let flow = JoinFlow(
            JoinFlow.Options(
                relay: try #require(RelayURL("http://127.0.0.1:\(relay.address.port)")), invitation: try Invitation.parse("000000-000000"),
                name: "Helge", hasViewer: false),
            printer: EventPrinter(asJSON: true, role: .helper), loop: FakeServer.loop, pool: pool)
        await flow.stop()
        // Finding a relay without a rendezvous would throw.
        try await flow.begin()
        await flow.cleanUp()
        await relay.close()
    }
}
