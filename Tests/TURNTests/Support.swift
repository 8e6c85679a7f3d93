import NetPrimitives
import STUN
import TURN
import TestSupport
import Testing

/// The server's side of a transcript: reads what the client sent, writes what the test wants said.
struct ScriptedServer {
    static let realm = "example"
    static let relayed = TransportAddress(literal: "192.0.2.15:50000")
    static let reflexive = TransportAddress(literal: "198.51.100.7:40000")
    var nonce = "nonce-1"
    let key = IntegrityKey.longTerm(username: "alice", realm: ScriptedServer.realm, password: "secret")

    /// The one request that the client has to send now.
    func request(_ client: inout AllocationClient, _ method: STUN.Method) throws -> Message {
        let next = client.nextTransmit()
        let bytes = try #require(next)
        let message = try Message(decoding: bytes)
        #expect(message.messageClass == .request)
        #expect(message.method == method)
        return message
    }

    func challenge(_ message: Message, _ code: Int = 401) -> [UInt8] {
        var builder = MessageBuilder(.errorResponse, message.method, transactionID: message.transactionID)
        builder.add(ErrorCode(code, ""))
        builder.add(Realm(Self.realm))
        builder.add(Nonce(nonce))
        return builder.finish()
    }

    func refusal(_ message: Message, _ code: Int, alternate: TransportAddress? = nil) -> [UInt8] {
        var builder = MessageBuilder(.errorResponse, message.method, transactionID: message.transactionID)
        builder.add(ErrorCode(code, "no"))
        if let alternate { builder.add(AlternateServer(alternate)) }
        return builder.finish(key: key)
    }

    func success(_ message: Message, lifetime: UInt32 = 600, key: IntegrityKey? = nil) -> [UInt8] {
        var builder = MessageBuilder(.successResponse, message.method, transactionID: message.transactionID)
        if message.method == .allocate {
            builder.add(XORRelayedAddress(Self.relayed))
            builder.add(XORMappedAddress(Self.reflexive))
        }
        if message.method == .allocate || message.method == .refresh { builder.add(Lifetime(lifetime)) }
        return builder.finish(key: key ?? self.key)
    }

    /// Takes a client through 401 to an allocation, at second 0.
    func allocate(_ client: inout AllocationClient, lifetime: UInt32 = 600) throws {
        client.receive(challenge(try request(&client, .allocate)), at: .zero)
        client.receive(success(try request(&client, .allocate), lifetime: lifetime), at: .zero)
        let event = AllocationClient.Event.allocated(
            relayed: Self.relayed, reflexive: Self.reflexive, lifetime: .seconds(Int64(lifetime)))
        #expect(client.nextEvent() == event)
    }
}

func makeClient(_ transport: TransportProtocol = .udp, family: IPAddress.Family? = nil) -> AllocationClient {
    AllocationClient(
        server: TransportAddress(literal: "192.0.2.1:3478"), transport: transport, username: "alice", password: "secret",
        requestedFamily: family, random: SplitMix64(seed: 1), at: .zero)
}
