import NetPrimitives
import STUN
import TURN
import TestSupport
import Testing

@Suite("AllocationClient: getting and keeping an allocation")
struct AllocationClientTests {
    let server = ScriptedServer()

    @Test("the first Allocate is bare; the second answers the challenge")
    func challenge() throws {
        var client = makeClient(family: .ipv6)
        let bare = try server.request(&client, .allocate)
        #expect(bare[RequestedTransport.self] == RequestedTransport(.udp))
        #expect(bare[RequestedAddressFamily.self]?.family == .ipv6)
        #expect(!bare.contains(.username) && !bare.contains(.messageIntegrity))
        client.receive(server.challenge(bare), at: .zero)
        let proven = try server.request(&client, .allocate)
        #expect(proven.transactionID != bare.transactionID)
        #expect(proven[Username.self]?.text == "alice")
        #expect(proven[Realm.self]?.text == ScriptedServer.realm)
        #expect(proven[Nonce.self]?.text == "nonce-1")
        #expect(throws: Never.self) { try proven.authenticated(with: server.key) }
        client.receive(server.success(proven), at: .zero)
        #expect(client.relayed == ScriptedServer.relayed)
    }

    @Test("a second 401 is the end")
    func wrongPassword() throws {
        var client = makeClient()
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        #expect(client.nextEvent() == .failed(.unauthorized))
        #expect(client.isFinished && client.nextDeadline == nil && client.nextTransmit() == nil)
    }

    @Test("a stale nonce is replaced, three times at most")
    func staleNonce() throws {
        var server = server
        var client = makeClient()
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        for round in 2...4 {
            let request = try server.request(&client, .allocate)
            server.nonce = "nonce-\(round)"
            client.receive(server.challenge(request, 438), at: .zero)
        }
        let last = try server.request(&client, .allocate)
        #expect(last[Nonce.self]?.text == "nonce-4")
        client.receive(server.challenge(last, 438), at: .zero)
        #expect(client.nextEvent() == .failed(.refused(ErrorCode(438, ""))))
    }

    static let failures: [(Int, AllocationFailure)] = [
        (403, .forbidden), (437, .allocationMismatch), (442, .unsupportedTransport),
        (486, .quotaReached), (508, .insufficientCapacity), (500, .refused(ErrorCode(500, "no"))),
        (300, .refused(ErrorCode(300, "no"))),
    ]

    @Test("an error code becomes a typed failure", arguments: failures)
    func failure(code: Int, failure: AllocationFailure) throws {
        var client = makeClient()
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        client.receive(server.refusal(try server.request(&client, .allocate), code), at: .zero)
        #expect(client.nextEvent() == .failed(failure))
        #expect(client.isFinished)
    }

    @Test("a server without IPv4 is asked for IPv6, once, and not by who wants one family")
    func family() throws {
        var client = makeClient()
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        let first = try server.request(&client, .allocate)
        #expect(first[RequestedAddressFamily.self] == nil)
        client.receive(server.refusal(first, 440), at: .zero)
        #expect(client.nextEvent() == nil)
        let second = try server.request(&client, .allocate)
        #expect(second[RequestedAddressFamily.self]?.family == .ipv6)
        client.receive(server.refusal(second, 440), at: .zero)
        #expect(client.nextEvent() == .failed(.addressFamilyNotSupported))

        var other = makeClient(family: .ipv4)
        other.receive(server.challenge(try server.request(&other, .allocate)), at: .zero)
        other.receive(server.refusal(try server.request(&other, .allocate), 440), at: .zero)
        #expect(other.nextEvent() == .failed(.addressFamilyNotSupported))
    }

    @Test("300 names the other server")
    func alternate() throws {
        var client = makeClient()
        let other = TransportAddress(literal: "192.0.2.99:3478")
        client.receive(server.refusal(try server.request(&client, .allocate), 300, alternate: other), at: .zero)
        #expect(client.nextEvent() == .failed(.tryAlternate(other)))
    }

    @Test("of the servers that a 300 names, the first that can be one counts")
    func implausibleAlternates() throws {
        let literals = ["192.0.2.1:3478", "192.0.2.99:0", "0.0.0.0:3478", "224.0.0.1:3478", "[2600::5]:3478", "192.0.2.98:3478"]
        for (count, failure) in [(4, .refused(ErrorCode(300, ""))), (6, .tryAlternate(TransportAddress(literal: literals[4])))]
            as [(Int, AllocationFailure)]
        {
            var client = makeClient()
            let request = try server.request(&client, .allocate)
            var builder = MessageBuilder(.errorResponse, .allocate, transactionID: request.transactionID)
            builder.add(ErrorCode(300, ""))
            for literal in literals.prefix(count) { builder.add(AlternateServer(TransportAddress(literal: literal))) }
            client.receive(builder.finish(), at: .zero)
            #expect(client.nextEvent() == .failed(failure))
        }
    }

    /// A 401 whose nonce has these bits, with these algorithms.
    private func challenge(_ request: Message, _ features: SecurityFeatures, _ algorithms: PasswordAlgorithms?) -> [UInt8] {
        var builder = MessageBuilder(.errorResponse, request.method, transactionID: request.transactionID)
        builder.add(ErrorCode.unauthenticated)
        builder.add(Realm(ScriptedServer.realm))
        builder.add(Nonce(features.nonceCookie + "nonce"))
        if let algorithms { builder.add(algorithms) }
        return builder.finish()
    }

    @Test("the first algorithm that it knows is taken, and the offer is said back")
    func passwordAlgorithms() throws {
        for (numbers, chosen) in [([2, 1], 2), ([1, 2], 1), ([9, 2, 1], 2)] as [([UInt16], UInt16)] {
            let offer = PasswordAlgorithms(numbers.map { PasswordAlgorithm(number: $0) })
            var client = makeClient()
            client.receive(challenge(try server.request(&client, .allocate), .passwordAlgorithms, offer), at: .zero)
            let request = try server.request(&client, .allocate)
            #expect(request[PasswordAlgorithms.self] == offer)
            #expect(request[PasswordAlgorithm.self]?.number == chosen)
            let key = IntegrityKey.longTerm(
                username: "alice", realm: ScriptedServer.realm, password: "secret", hash: chosen == 1 ? .md5 : .sha256)
            #expect(try request.authenticated(with: key).algorithm == .sha256)
            #expect(request.contains(.username) && !request.contains(.userhash) && !request.contains(.messageIntegrity))
        }
    }

    static let unacceptable: [PasswordAlgorithms?] = [
        nil, PasswordAlgorithms([PasswordAlgorithm(number: 9)]),
        PasswordAlgorithms([PasswordAlgorithm(number: 2, parameters: [1])]),
    ]

    @Test("a promise of algorithms without one that it knows is not answered", arguments: unacceptable)
    func bidDown(offer: PasswordAlgorithms?) throws {
        var client = makeClient()
        client.receive(challenge(try server.request(&client, .allocate), .passwordAlgorithms, offer), at: .zero)
        #expect(client.nextTransmit() == nil)
        #expect(client.nextEvent() == .failed(.unacceptableChallenge))
    }

    @Test("a bare 400 of a server that speaks RFC 8489 is nobody's")
    func bare400() throws {
        var client = makeClient()
        client.receive(challenge(try server.request(&client, .allocate), .passwordAlgorithms, .offered), at: .zero)
        let request = try server.request(&client, .allocate)
        var builder = MessageBuilder(.errorResponse, .allocate, transactionID: request.transactionID)
        builder.add(ErrorCode.badRequest)
        client.receive(builder.finish(), at: .zero)
        #expect(client.nextEvent() == nil && !client.isFinished)
    }

    @Test("an answer with something that must be understood, and is not, is a failure")
    func unknownAttribute() throws {
        var client = makeClient()
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        let request = try server.request(&client, .allocate)
        var builder = MessageBuilder(.successResponse, .allocate, transactionID: request.transactionID)
        builder.add(XORRelayedAddress(ScriptedServer.relayed))
        builder.add(XORMappedAddress(ScriptedServer.reflexive))
        builder.add(Lifetime(600))
        builder.add(Mystery())
        client.receive(builder.finish(key: server.key), at: .zero)
        #expect(client.nextEvent() == .failed(.refused(.unknownAttribute)))
    }

    /// Nobody's attribute, which must be understood.
    private struct Mystery: FlagAttribute { static let type = AttributeType(rawValue: 0x7FF0) }

    @Test("a success that is not protected by our key is not believed")
    func forgedSuccess() throws {
        var client = makeClient()
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        let request = try server.request(&client, .allocate)
        client.receive(server.success(request, key: .shortTerm(password: "mallory")), at: .zero)
        #expect(client.nextEvent() == nil)
        client.receive(server.success(request), at: .zero)
        #expect(client.nextEvent() != nil)
    }

    @Test("a success without the relayed address is a failure")
    func malformedSuccess() throws {
        var client = makeClient()
        let request = try server.request(&client, .allocate)
        client.receive(
            MessageBuilder(.successResponse, .allocate, transactionID: request.transactionID).finish(), at: .zero)
        #expect(client.nextEvent() == .failed(.malformedResponse))
    }

    @Test("over UDP a silent server gets seven requests and is given up after 39.5 s")
    func silence() throws {
        var client = makeClient()
        var sent = 0
        var now = Instant.zero
        while true {
            while client.nextTransmit() != nil { sent += 1 }
            guard let deadline = client.nextDeadline else { break }
            now = deadline
            client.handleTimeout(at: now)
        }
        #expect(sent == 7)
        #expect(now == .at(39.5))
        #expect(client.nextEvent() == .failed(.timedOut))
    }

    @Test("over TCP a request is sent once")
    func silenceOverTCP() {
        var client = makeClient(.tcp)
        #expect(client.nextTransmit() != nil)
        client.handleTimeout(at: .at(39))
        #expect(client.nextTransmit() == nil)
        client.handleTimeout(at: .at(39.5))
        #expect(client.nextEvent() == .failed(.timedOut))
    }

    static let refreshes: [(UInt32, Double)] = [(600, 540), (3600, 3540), (120, 60), (20, 10), (0, 5)]

    @Test("a Refresh goes out in time", arguments: refreshes)
    func refresh(lifetime: UInt32, seconds: Double) throws {
        var client = makeClient()
        try server.allocate(&client, lifetime: lifetime)
        #expect(client.nextDeadline == .at(seconds))
        client.handleTimeout(at: .at(seconds))
        let request = try server.request(&client, .refresh)
        client.receive(server.success(request, lifetime: 600), at: .at(seconds))
        #expect(client.nextDeadline == .at(seconds + 540))
    }

    @Test("a refused or unanswered Refresh is the end", arguments: [437, 400, nil])
    func lost(code: Int?) throws {
        var client = makeClient()
        try server.allocate(&client)
        client.handleTimeout(at: .at(540))
        let request = try server.request(&client, .refresh)
        if let code {
            client.receive(server.refusal(request, code), at: .at(541))
        } else {
            while let deadline = client.nextDeadline { client.handleTimeout(at: deadline) }
        }
        #expect(client.nextEvent() == .lost)
        #expect(client.isFinished)
    }

    @Test("close gives the allocation back, and 437 is as good as a success", arguments: [nil, 437])
    func close(code: Int?) throws {
        var client = makeClient()
        try server.allocate(&client)
        client.close(at: .at(1))
        let request = try server.request(&client, .refresh)
        #expect(request[Lifetime.self]?.value == 0)
        client.receive(code.map { server.refusal(request, $0) } ?? server.success(request, lifetime: 0), at: .at(1))
        #expect(client.isFinished && client.nextEvent() == nil && client.nextDeadline == nil)
    }

    @Test("closed before the answer came, it releases what it is given")
    func closeWhileAllocating() throws {
        var client = makeClient()
        client.receive(server.challenge(try server.request(&client, .allocate)), at: .zero)
        let request = try server.request(&client, .allocate)
        client.close(at: .zero)
        client.receive(server.success(request), at: .zero)
        #expect(try server.request(&client, .refresh)[Lifetime.self]?.value == 0)
        #expect(client.nextEvent() == nil)
    }

    @Test("the stream of another protocol ends it")
    func notTURN() {
        var client = makeClient(.tcp)
        client.receive(Array("\u{15}\u{03}\u{01}".utf8), at: .zero)
        #expect(client.nextEvent() == .failed(.notTURN))
    }

    @Test("garbage and truncated answers change nothing")
    func garbage() throws {
        var client = makeClient()
        let answer = server.challenge(try server.request(&client, .allocate))
        for count in 0..<answer.count { client.receive(Array(answer.prefix(count)), at: .zero) }
        var random = SplitMix64(seed: 7)
        for _ in 0..<500 {
            client.receive((0..<Int.random(in: 0...80, using: &random)).map { _ in .random(in: 0...255, using: &random) }, at: .zero)
        }
        #expect(client.nextTransmit() == nil && client.nextEvent() == nil)
        client.receive(answer, at: .zero)
        #expect(client.nextTransmit() != nil)
    }
}
