import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Authentication")
struct AuthenticationTests {
    @Test("a bare Allocate gets 401 with realm and nonce, at most 3.2 times its size")
    func challenge() throws {
        var machine = makeMachine()
        var client = HandClient()
        let request = client.bare(.allocate)
        #expect(request.count == 20)
        let outputs = client.exchange(request, &machine)
        guard case .toClient(_, let answer) = try #require(outputs.first) else { return }
        #expect(answer.count * 10 <= request.count * 32, "\(answer.count) bytes")
        let message = try Message(decoding: answer)
        #expect(message[ErrorCode.self]?.code == 401)
        #expect(message[Realm.self]?.text == "ra-relay")
        #expect(message[Nonce.self]?.text.utf8.count == 20)
    }

    @Test("integrity without user, realm or nonce is 400", arguments: [AttributeType.username, .realm, .nonce])
    func incomplete(missing: AttributeType) throws {
        var machine = makeMachine()
        var client = HandClient()
        var builder = MessageBuilder(.request, .allocate, transactionID: client.newID())
        builder.add(RequestedTransport(.udp))
        if missing != .username { builder.add(Username("alice")) }
        if missing != .realm { builder.add(Realm("ra-relay")) }
        if missing != .nonce { builder.add(Nonce("x")) }
        let answer = try client.ask(builder.finish(key: client.key), &machine)
        #expect(answer[ErrorCode.self]?.code == 400)
        #expect(!answer.contains(.realm) && !answer.contains(.nonce) && !answer.contains(.messageIntegrity))
    }

    @Test("unknown users, wrong passwords and other realms get the same 401")
    func refused() throws {
        var machine = makeMachine()
        for change in [
            { $0.username = "nobody" }, { $0.password = "wrong" }, { $0.realm = "elsewhere" },
        ] as [(inout HandClient) -> Void] {
            var client = HandClient()
            try client.learnNonce(&machine)
            change(&client)
            let answer = try client.ask(client.request(.allocate, [RequestedTransport(.udp)]), &machine)
            #expect(answer[ErrorCode.self]?.code == 401)
            #expect(answer.contains(.nonce) && !answer.contains(.messageIntegrity))
        }
        #expect(machine.allocationCount == 0)
    }

    @Test("a nonce is good for an hour, for one address")
    func nonces() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        let late = try client.ask(client.request(.refresh), &machine, at: .at(3600))
        #expect(late[ErrorCode.self]?.code == 438)
        let fresh = try #require(late[Nonce.self]).text
        #expect(fresh != client.nonce)
        #expect(try client.code(.refresh, [], &machine, at: .at(3599)) == 437)
        var other = HandClient("8.8.4.4:40001")
        other.nonce = client.nonce
        #expect(try other.ask(other.request(.refresh), &machine)[ErrorCode.self]?.code == 438)
        for forged in ["", "x", String(repeating: "A", count: 20), String(client.nonce.dropLast()) + "=", client.nonce + "A"] {
            var forger = HandClient()
            forger.nonce = forged
            #expect(try forger.ask(forger.request(.refresh), &machine)[ErrorCode.self]?.code == 438, "\(forged)")
        }
    }

    @Test("a client that uses MESSAGE-INTEGRITY-SHA256 is answered with it")
    func sha256() throws {
        var machine = makeMachine()
        var client = HandClient()
        client.algorithm = .sha256
        let answer = try client.allocate(&machine)
        #expect(answer.contains(.messageIntegritySHA256) && !answer.contains(.messageIntegrity))
        #expect(try answer.authenticated(with: client.key).algorithm == .sha256)
    }

    @Test("a time-limited credential opens until its second is over")
    func timeLimited() throws {
        for (expiry, code) in [(HandClient.wallClock + 1, nil), (HandClient.wallClock, 401), (0, 401)] as [(Int64, Int?)] {
            var machine = makeMachine()
            let credential = TimeLimitedCredential(user: "carol", expiry: expiry, secret: "shared")
            var client = HandClient()
            (client.username, client.password) = (credential.username, credential.password)
            try client.learnNonce(&machine)
            let answer = try client.ask(client.request(.allocate, [RequestedTransport(.udp)]), &machine)
            #expect(answer[ErrorCode.self]?.code == code)
        }
    }

    @Test("the password is base64 of HMAC-SHA1, as everybody computes it")
    func credentialVector() {
        // printf 1800000000:carol | openssl dgst -sha1 -hmac shared -binary | base64
        let credential = TimeLimitedCredential(user: "carol", expiry: 1_800_000_000, secret: "shared")
        #expect(credential.username == "1800000000:carol")
        #expect(credential.password == "r0MZp470HMBw+kIaI85/MlVIEoM=")
        #expect("\(credential)".contains(credential.password) == false)
    }

    @Test(
        "names that are not a time and a user are nobody's",
        arguments: ["", ":", "x:carol", "-1:carol", "99999999999999999999:c", "+1900000000:c"])
    func malformedNames(name: String) {
        let users = UserDirectory(secrets: ["shared"])
        #expect(users.accounts(for: name, realm: "r", wallClock: 0).isEmpty)
    }

    @Test("an allocation outlives its credential and its user")
    func outlives() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.allocate(&machine)
        machine.reconfigure(RelayConfiguration(realm: "ra-relay", users: UserDirectory(), peerPolicy: PeerPolicy()), at: .zero)
        #expect(try client.code(.refresh, [], &machine, at: .at(1)) == nil)
        var other = HandClient("8.8.4.4:40001")
        try other.learnNonce(&machine)
        let answer = try other.ask(other.request(.allocate, [RequestedTransport(.udp)]), &machine)
        #expect(answer[ErrorCode.self]?.code == 401)
    }

    @Test("the rate of the unproven is bounded, that of the proven is not")
    func rate() throws {
        var host = FakeHost()
        host.limiter = UnprovenRateLimiter(limit: 3, seed: 1)
        var machine = makeMachine(host: host)
        var client = HandClient()
        try client.allocate(&machine)  // the 401 was the first
        var stranger = HandClient("8.8.4.5:1")
        #expect(stranger.exchange(stranger.bare(.binding), &machine).count == 1)
        #expect(stranger.exchange(stranger.bare(.allocate), &machine).count == 1)
        for _ in 0..<10 {
            #expect(stranger.exchange(stranger.bare(.binding), &machine).isEmpty)
            #expect(stranger.exchange(stranger.request(.allocate), &machine).isEmpty)
            #expect(client.exchange(client.bare(.binding), &machine).count == 1)
        }
        let stream = HandClient("8.8.4.6:1", transport: .tcp)
        #expect(stream.exchange(stranger.bare(.binding), &machine).count == 1)
        #expect(stranger.exchange(stranger.bare(.binding), &machine, at: .at(1)).count == 1)
    }
}
