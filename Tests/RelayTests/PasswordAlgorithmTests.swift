import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

/// A client of RFC 8489 that writes each request by hand.
private struct ModernClient {
    var hand = HandClient()
    var hash = PasswordHash.sha256
    var attributes: [any Attribute] = [PasswordAlgorithms.offered, PasswordAlgorithm(.sha256)]
    var integrity = IntegrityAlgorithm.sha256
    var hidesName = false

    var key: IntegrityKey {
        .longTerm(username: hand.username, realm: hand.realm, password: hand.password, hash: hash)
    }

    mutating func request(_ method: STUN.Method, _ more: [any Attribute] = []) -> [UInt8] {
        var builder = MessageBuilder(.request, method, transactionID: hand.newID())
        for attribute in more { builder.add(attribute) }
        if hidesName {
            builder.add(Userhash(username: hand.username, realm: hand.realm))
        } else {
            builder.add(Username(hand.username))
        }
        builder.add(Realm(hand.realm))
        builder.add(Nonce(hand.nonce))
        for attribute in attributes { builder.add(attribute) }
        return builder.finish(key: key, algorithm: integrity)
    }

    mutating func allocate(_ machine: inout Machine, at now: Instant = .zero) throws -> Message {
        if hand.nonce.isEmpty { try hand.learnNonce(&machine, at: now) }
        return try hand.ask(request(.allocate, [RequestedTransport(.udp)]), &machine, at: now)
    }
}

@Suite("PASSWORD-ALGORITHMS and USERHASH")
struct PasswordAlgorithmTests {
    private func configuration(
        _ features: SecurityFeatures, users: UserDirectory = UserDirectory(passwords: ["alice": "secret"], secrets: ["shared"])
    ) -> RelayConfiguration {
        var configuration = RelayConfiguration(realm: "ra-relay", users: users, peerPolicy: PeerPolicy())
        configuration.securityFeatures = features
        return configuration
    }

    private func machine(_ features: SecurityFeatures = .passwordAlgorithms) -> Machine {
        var machine = makeMachine()
        machine.reconfigure(configuration(features), at: .zero)
        return machine
    }

    static let sizes: [(SecurityFeatures, Int)] = [
        ([], 64), (.passwordAlgorithms, 92), (.usernameAnonymity, 80), ([.passwordAlgorithms, .usernameAnonymity], 92),
    ]

    @Test("a 401 offers what is switched on, and is as long as the settings' description says", arguments: sizes)
    func challenge(features: SecurityFeatures, size: Int) throws {
        var machine = machine(features)
        var client = HandClient()
        guard case .toClient(_, let bytes) = try #require(client.exchange(client.bare(.allocate), &machine).first) else { return }
        #expect(bytes.count == size)
        let answer = try Message(decoding: bytes)
        #expect(answer[ErrorCode.self]?.code == 401)
        #expect(SecurityFeatures(nonce: try #require(answer[Nonce.self]).text) == (features.isEmpty ? nil : features))
        #expect(answer[PasswordAlgorithms.self] == (features.contains(.passwordAlgorithms) ? .offered : nil))
    }

    @Test("a client that chooses SHA-256 gets an allocation and answers in SHA-256, whatever protects its request",
        arguments: [IntegrityAlgorithm.sha256, .sha1])
    func sha256(integrity: IntegrityAlgorithm) throws {
        var machine = machine()
        var client = ModernClient()
        client.integrity = integrity
        let answer = try client.allocate(&machine)
        #expect(answer.messageClass == .successResponse)
        #expect(try answer.authenticated(with: client.key).algorithm == .sha256)
        #expect(!answer.contains(.messageIntegrity))
        #expect(try client.hand.ask(client.request(.refresh), &machine)[ErrorCode.self] == nil)
    }

    @Test("one that chooses MD5 by name is answered in SHA-256 with MD5's key")
    func md5ByName() throws {
        var machine = machine()
        var client = ModernClient()
        client.hash = .md5
        client.attributes = [PasswordAlgorithms.offered, PasswordAlgorithm(.md5)]
        #expect(try client.allocate(&machine).authenticated(with: client.key).algorithm == .sha256)
    }

    @Test("clients of RFC 5389 know nothing of it and are served as ever")
    func legacy() throws {
        var machine = machine([.passwordAlgorithms, .usernameAnonymity])
        var client = HandClient()
        let answer = try client.allocate(&machine)
        #expect(answer.contains(.messageIntegrity) && !answer.contains(.messageIntegritySHA256))
        #expect(try client.code(.refresh, [], &machine) == nil)
        var web = HandClient("8.8.4.4:40001")
        let credential = TimeLimitedCredential(user: "carol", expiry: .max, secret: "shared")
        (web.username, web.password) = (credential.username, credential.password)
        try web.allocate(&machine)
    }

    /// What a client may say that does not match what it was offered.
    static let mismatches: [[any Attribute]] = [
        [PasswordAlgorithm(.sha256)], [PasswordAlgorithms.offered],
        [PasswordAlgorithms([PasswordAlgorithm(.sha256)]), PasswordAlgorithm(.sha256)],
        [PasswordAlgorithms([PasswordAlgorithm(.md5), PasswordAlgorithm(.sha256)]), PasswordAlgorithm(.sha256)],
        [PasswordAlgorithms.offered, PasswordAlgorithm(number: 3)],
        [PasswordAlgorithms.offered, PasswordAlgorithm(number: 2, parameters: [0, 0, 0, 0])],
    ]

    @Test("who repeats another offer than ours was lied to, and gets 400", arguments: mismatches.indices)
    func bidDown(index: Int) throws {
        var machine = machine()
        var client = ModernClient()
        client.attributes = Self.mismatches[index]
        let answer = try client.allocate(&machine)
        #expect(answer[ErrorCode.self]?.code == 400)
        #expect(!answer.contains(.nonce) && machine.allocationCount == 0)
    }

    @Test("a nonce whose bits somebody took away or added is stale", arguments: [true, false])
    func tamperedNonce(isOffered: Bool) throws {
        var machine = machine(isOffered ? .passwordAlgorithms : [])
        var client = HandClient()
        try client.learnNonce(&machine)
        let genuine = client.nonce
        let bare = isOffered ? String(genuine.dropFirst(13)) : genuine
        for features in [nil, [], .passwordAlgorithms, .usernameAnonymity] as [SecurityFeatures?] {
            client.nonce = (features?.nonceCookie ?? "") + bare
            // An empty cookie says what no cookie says.
            let isGenuine = client.nonce == genuine || (!isOffered && features == [])
            #expect(try client.ask(client.request(.refresh), &machine)[ErrorCode.self]?.code == (isGenuine ? 437 : 438))
        }
    }

    @Test("without the offer there is no choosing")
    func notOffered() throws {
        var machine = machine([])
        var client = ModernClient()
        #expect(try client.allocate(&machine)[ErrorCode.self]?.code == 400)
    }

    @Test("a user is known by a hash of the name, when that is switched on; a stranger's hash gets 401")
    func userhash() throws {
        for (features, name, code) in [
            ([.usernameAnonymity, .passwordAlgorithms], "alice", nil), (.passwordAlgorithms, "alice", 401),
            ([.usernameAnonymity, .passwordAlgorithms], "nobody", 401),
        ] as [(SecurityFeatures, String, Int?)] {
            var machine = machine(features)
            var client = ModernClient()
            client.hidesName = true
            client.hand.username = name
            #expect(try client.allocate(&machine)[ErrorCode.self]?.code == code)
        }
    }

    @Test("name and hash are one user: 441 is for others")
    func nameAndHash() throws {
        var machine = machine([.usernameAnonymity, .passwordAlgorithms])
        var client = ModernClient()
        client.hidesName = true
        #expect(try client.allocate(&machine)[ErrorCode.self] == nil)
        client.hidesName = false
        #expect(try client.hand.ask(client.request(.refresh), &machine)[ErrorCode.self] == nil)
        #expect(machine.host.quotas.count(of: "alice") == 1)
    }

    @Test("an allocation keeps its mechanism though the settings change and its user is gone", arguments: [true, false])
    func reconfigured(isModern: Bool) throws {
        let features: SecurityFeatures = [.passwordAlgorithms, .usernameAnonymity]
        var machine = machine(isModern ? features : [])
        var client = ModernClient()
        if isModern {
            client.hidesName = true
        } else {
            (client.hash, client.attributes, client.integrity) = (.md5, [], .sha1)
        }
        #expect(try client.allocate(&machine)[ErrorCode.self] == nil)
        machine.reconfigure(configuration(isModern ? [] : features, users: UserDirectory()), at: .zero)
        for second in [500.0, 1000, 1500, 2000, 2500, 3000, 3500] {
            #expect(try client.hand.ask(client.request(.refresh), &machine, at: .at(second))[ErrorCode.self] == nil)
        }
        let stale = try client.hand.ask(client.request(.refresh), &machine, at: .at(3700))
        #expect(stale[ErrorCode.self]?.code == 438)
        #expect(stale.contains(.passwordAlgorithms) == isModern)
        client.hand.nonce = try #require(stale[Nonce.self]).text
        #expect(try client.hand.ask(client.request(.refresh), &machine, at: .at(3700))[ErrorCode.self] == nil)
    }

    @Test("our own client and the relay agree on SHA-256, and on the hash of a name", arguments: [true, false])
    func together(mayHideUsername: Bool) throws {
        var machine = machine([.passwordAlgorithms, .usernameAnonymity])
        let five = HandClient().fiveTuple
        var client = AllocationClient(
            server: five.server, transport: .udp, username: "alice", password: "secret", mayHideUsername: mayHideUsername,
            random: SplitMix64(seed: 3), at: .zero)
        var seen: [Message] = []
        for time in [0.0, 540] {
            client.handleTimeout(at: .at(time))
            while let bytes = client.nextTransmit() {
                seen.append(try Message(decoding: bytes))
                machine.receive(bytes, from: five, at: .at(time), wallClock: HandClient.wallClock)
                for case .toClient(_, let answer) in drain(&machine) { client.receive(answer, at: .at(time)) }
            }
        }
        #expect(seen.map(\.method) == [.allocate, .allocate, .refresh])
        for request in seen.dropFirst() {
            #expect(request.contains(.userhash) == mayHideUsername && request.contains(.username) != mayHideUsername)
            #expect(request.contains(.messageIntegritySHA256) && !request.contains(.messageIntegrity))
            #expect(request[PasswordAlgorithm.self] == PasswordAlgorithm(.sha256))
        }
        #expect(client.relayed != nil && client.nextDeadline == .at(1080))
    }
}
