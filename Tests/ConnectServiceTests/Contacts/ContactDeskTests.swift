@testable import ConnectService
import NIOPosix
import Policy
import Rendezvous
import Testing

@Suite("Where contacts are asked for", .timeLimit(.minutes(1)))
struct ContactDeskTests {
    @Test("a relay that the policy forbids is not asked, and the contact's line says why")
    func policy() async throws {
        let address = try #require(PersonAddress("hugo@http://127.0.0.1:9"))
        let contact = Contact(address: address, key: ContactBookTests.key(1), since: .now())
        var policy = Policy()
        policy.relays = []
        let identity = PersonIdentity(seed: Secret([UInt8](repeating: 2, count: 32)))
        let desk = ContactDesk(identity: identity, proxy: nil, loop: MultiThreadedEventLoopGroup.singleton.next())
        let reports = await desk.reports(on: [contact], under: policy)
        await desk.close()
        #expect(reports.count == 1)
        #expect(reports.first?.warning?.contains("does not allow the relay http://127.0.0.1:9 (relays)") == true)
    }
}
