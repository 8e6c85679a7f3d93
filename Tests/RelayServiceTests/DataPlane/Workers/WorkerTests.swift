import NetPrimitives
import Relay
@testable import RelayService
import STUN
import Testing

@Suite("Worker")
struct WorkerTests {
    private static func worker(_ listeners: [UDPSocket]) throws -> Worker {
        try Worker(
            index: 0, listeners: listeners, mailboxes: [Mailbox()],
            directory: PortDirectory(quotas: .init(), unprovenRate: 0), addresses: LocalAddresses(external: []),
            configuration: DataPlaneConfiguration(
                listeners: [],
                relay: RelayConfiguration(realm: "r", users: UserDirectory(), peerPolicy: PeerPolicy())),
            nonces: NonceIssuer(secret: Array(repeating: 1, count: 32)),
            tickets: MobilityTickets(secret: Array(repeating: 2, count: 32)), peers: nil)
    }

    @Test("a socket that floods has its turn and no more, and the next one has its own", arguments: [1, 40])
    func fairness(datagramsPerMessage: Int) throws {
        let (flooded, quiet) = (try Ear(aggregates: true), try Ear(aggregates: true))
        let (flooder, other) = (try Ear(), try Ear())
        var worker = try Self.worker([flooded.socket, quiet.socket])
        var random = SystemRandomNumberGenerator()
        func requests(_ count: Int, from mouth: Ear, to ear: Ear) {
            var batch = SendBatch()
            for number in 1...count {
                let request = MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random)).finish()
                let outlet = Outlet(
                    destination: PackedAddress(ear.socket.address), source: .none, descriptor: mouth.socket.descriptor)
                request.withUnsafeBytes { batch.add(copy: $0, to: outlet, at: 0) }
                if number.isMultiple(of: datagramsPerMessage) { batch.flush(at: 0) }
            }
            batch.flush(at: 0)
        }
        let offered = 4000
        requests(offered, from: flooder, to: flooded)
        requests(1, from: other, to: quiet)
        // A turn may exceed its share by one call's messages, which are fewer when they hold more.
        let most = Worker.datagramsPerTurn + max(ReceiveRing.batchSize, Worker.firstBatch * datagramsPerMessage)
        var answered = 0
        var turns = 0
        while answered < offered {
            worker.serve(.listener(0))
            worker.finishTurn(at: .zero)
            let heard = flooder.hear().count
            #expect(heard > 0 && heard <= most)
            answered += heard
            turns += 1
            if turns == 1 {
                worker.serve(.listener(1))
                worker.finishTurn(at: .zero)
                #expect(other.hear().count == 1)
            }
            guard heard > 0 else { return }
        }
        #expect(answered == offered && turns >= offered / most)
    }

    @Test("answers do not wait for the end of a turn of many requests")
    func answers() throws {
        let (ear, client) = (try Ear(aggregates: true), try Ear())
        var worker = try Self.worker([ear.socket])
        var batch = SendBatch()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let request = MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random)).finish()
            let outlet = Outlet(
                destination: PackedAddress(ear.socket.address), source: .none, descriptor: client.socket.descriptor)
            request.withUnsafeBytes { batch.add(copy: $0, to: outlet, at: 0) }
        }
        batch.flush(at: 0)
        worker.serve(.listener(0))
        #expect(client.hear().count == 16)
        worker.finishTurn(at: .zero)
        #expect(client.hear().count == 4)
    }
}
