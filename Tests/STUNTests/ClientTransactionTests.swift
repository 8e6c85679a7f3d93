import NetPrimitives
import STUN
import TestSupport
import Testing

@Suite("ClientTransaction")
struct ClientTransactionTests {
    @Test("over UDP a request goes out at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms and fails at 39500 (RFC 8489 §6.2.1)")
    func unreliable() throws {
        var transaction = ClientTransaction(
            id: try #require(TransactionID(octets: 0..<12)), request: [], timing: .unreliable, at: .zero)
        var sentAt: [Int64] = [0]
        var failedAt: Int64?
        while let deadline = transaction.nextDeadline {
            #expect(transaction.handleTimeout(at: deadline - .nanoseconds(1)) == .wait)
            switch transaction.handleTimeout(at: deadline) {
            case .wait: Issue.record("nothing was due at \(deadline)")
            case .retransmit: sentAt.append(deadline.nanoseconds / 1_000_000)
            case .giveUp: failedAt = deadline.nanoseconds / 1_000_000
            }
        }
        #expect(sentAt == [0, 500, 1500, 3500, 7500, 15500, 31500])
        #expect(failedAt == 39500)
    }

    @Test("over TCP a request goes out once and fails after 39.5 s (RFC 8489 §6.2.2)")
    func reliable() throws {
        var transaction = ClientTransaction(
            id: try #require(TransactionID(octets: 0..<12)), request: [], timing: .reliable, at: .zero)
        #expect(transaction.nextDeadline == .zero + .milliseconds(39_500))
        #expect(transaction.handleTimeout(at: .zero + .milliseconds(39_500)) == .giveUp)
        #expect(transaction.nextDeadline == nil)
    }
}

@Suite("BindingClient")
struct BindingClientTests {
    let server = TransportAddress(ip: .v4(0xC000_0201), port: 3478)
    let reflexive = TransportAddress(ip: .v4(0xC633_6401), port: 1024)

    @Test("the answer of the server that was asked gives the reflexive address; of anybody else, nothing")
    func answered() throws {
        var random = SplitMix64(seed: 1)
        var client = BindingClient(server: server, random: &random, at: .zero)
        let (first, second) = (client.nextTransmit(), client.nextTransmit())
        let request = try Message(decoding: try #require(first).payload)
        #expect(second == nil)
        var builder = MessageBuilder(.successResponse, .binding, transactionID: request.transactionID)
        builder.add(XORMappedAddress(reflexive))
        let answer = try Message(decoding: builder.finish())
        let takenFromStranger = client.receive(answer, from: reflexive, at: .zero + .milliseconds(5))
        let takenFromServer = client.receive(answer, from: server, at: .zero + .milliseconds(7))
        #expect(!takenFromStranger)
        #expect(takenFromServer)
        #expect(client.outcome == .reflexive(reflexive, roundTrip: .milliseconds(7)))
        #expect(client.nextDeadline == nil)
    }

    @Test("a request that nobody answers is sent seven times and times out")
    func silent() {
        var random = SplitMix64(seed: 1)
        var client = BindingClient(server: server, random: &random, at: .zero)
        var sent = 0
        while client.outcome == nil {
            while client.nextTransmit() != nil { sent += 1 }
            guard let deadline = client.nextDeadline else { break }
            client.handleTimeout(at: deadline)
        }
        #expect(sent == 7)
        #expect(client.outcome == .timedOut)
    }
}
