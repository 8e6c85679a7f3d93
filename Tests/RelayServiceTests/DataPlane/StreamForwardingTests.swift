import NetPrimitives
import Relay
@testable import RelayService
import STUN
import TURN
import Testing

@Suite("Forwarding to streams, over loopback")
struct StreamForwardingTests {
    @Test("what a peer sends reaches a stream's client past the machine, in order, and is counted")
    func streamForwarding() async throws {
        let plane = try startPlane(workers: 1)
        defer { plane.stop() }
        let (connection, peer, server) = (FakeConnection(), try Ear(), address("127.0.0.1:3478"))
        let attached = plane.attach(
            connection, as: FiveTuple(transport: .tcp, client: address("127.0.0.1:1"), server: server))
        var client = AllocationClient(server: server, transport: .tcp, username: "alice", password: "secret", at: .zero)
        func exchange(until isEnough: (inout AllocationClient) -> Bool) async throws {
            while !isEnough(&client) {
                while let bytes = client.nextTransmit() { attached.receive([bytes]) }
                client.receive(try #require(await connection.nextMessage()), at: .zero)
            }
        }
        var relayed: TransportAddress?
        try await exchange { client in
            if case .allocated(let address, _, _)? = client.nextEvent() { relayed = address }
            return relayed != nil
        }
        client.bindChannel(to: peer.socket.address, at: .zero)
        try await exchange { $0.isBound(to: peer.socket.address) }
        let destination = PackedAddress(try #require(relayed))
        var batch = SendBatch()
        let payloads = (0..<60).map { number in [UInt8](repeating: UInt8(number), count: number % 7 + 1) }
        func send(_ payload: [UInt8]) {
            let outlet = Outlet(destination: destination, source: .none, descriptor: peer.socket.descriptor)
            payload.withUnsafeBytes { batch.add(copy: $0, to: outlet, at: 0) }
        }
        for payload in payloads { send(payload) }
        batch.flush(at: 0)
        for payload in payloads {
            let message = try #require(await connection.nextMessage())
            #expect(message.count.isMultiple(of: 4))
            let data = try ChannelData(decoding: message)
            #expect(Array(data.payload) == payload)
        }
        let reports = await plane.reports()
        let report = try #require(reports.first)
        #expect(report.counters.relayedPackets[.toClient] == 60)
        #expect(report.counters.relayedBytes[.toClient] == UInt64(payloads.reduce(0) { $0 + $1.count }))
        // The client is gone, and another has its number: what comes now is for nobody.
        attached.disconnected()
        let second = FakeConnection()
        let again = plane.attach(second, as: FiveTuple(transport: .tcp, client: address("127.0.0.1:2"), server: server))
        send([1])
        batch.flush(at: 0)
        var random = SystemRandomNumberGenerator()
        let transaction = TransactionID(using: &random)
        again.receive([MessageBuilder(.request, .binding, transactionID: transaction).finish()])
        let answer = try Message(decoding: try #require(await second.nextMessage()))
        #expect(answer.transactionID == transaction)
    }
}
