import Logging
import NIOPosix
import NetPrimitives
import Relay
@testable import RelayService
import STUN
import Testing

@Suite("DialBackPlace")
struct DialBackPlaceTests {
    @Test("after the end nothing is dialled: a request of a connection that is still there is refused")
    func stopped() async throws {
        let listener = try StreamSocket(listeningAt: TransportAddress(ip: .loopbackV4, port: 0))
        let nonce = try #require(TransactionID("000102030405060708090a0b"))
        let request = DialBackRequest(transport: .tcp, port: listener.address.port, nonce: nonce)
        let loopback = try #require(CIDRBlock("127.0.0.0/8"))
        let dataPlane = try DataPlane.start(
            DataPlaneConfiguration(
                listeners: [], relay: RelayConfiguration(
                    realm: "r", users: UserDirectory(), peerPolicy: PeerPolicy(allow: [loopback])), workers: 1))
        let place = DialBackPlace(
            dataPlane: dataPlane, loop: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(try await place.dial(request, for: .loopbackV4, at: .loopbackV4) == .open)
        await place.stop()
        await #expect(throws: DialBackRefusal.busy) { try await place.dial(request, for: .loopbackV4, at: .loopbackV4) }
        dataPlane.stop()
    }
}
