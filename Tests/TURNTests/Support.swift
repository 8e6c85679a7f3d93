import NetPrimitives
import STUN
import TURN
import Testing

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}

/// Bytes of hex digits; spaces do not count.
func hex(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8.filter { $0 != 0x20 && $0 != 0x0A }).map { String(UnicodeScalar($0)) }
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(digits[$0] + digits[$0 + 1], radix: 16) }
}

extension TransportAddress {
    init(literal: String) {
        guard let address = TransportAddress(literal) else { preconditionFailure("not an address: \(literal)") }
        self = address
    }
}

extension Instant {
    /// Seconds after the origin.
    static func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1000)) }
}

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
        requestedFamily: family, random: SeededGenerator(seed: 1), at: .zero)
}
