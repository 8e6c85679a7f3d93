import ICE
import NetPrimitives
import STUN
import TestSupport
import Testing

/// Wrong and unauthenticated STUN changes nothing, and what a peer may fill has a bound.
@Suite struct AgentBadInputTests {
    private static let wrongKey = IntegrityKey.shortTerm(password: "not the password at all")
    private static let stranger = TransportAddress(ip: .v4(0xCB00_7109), port: 4444)

    @Test("a request with a wrong key is answered 401 and otherwise forgotten")
    func wrongKey() {
        var transcript = Transcript(role: .controlled)
        _ = transcript.transmits()
        let reception = transcript.hear(
            transcript.peer.check(transcript.agent, nominates: true, key: Self.wrongKey), from: Self.stranger)
        #expect(reception == .foreign)
        #expect(transcript.answers().map { $0[ErrorCode.self]?.code } == [401])
        transcript.pass(.milliseconds(100))
        #expect(transcript.requests().isEmpty)
        #expect(transcript.agent.report(at: transcript.now).count == 1)
    }

    @Test("a request for another username fragment is answered 401")
    func wrongUsername() {
        var transcript = Transcript(role: .controlled)
        _ = transcript.transmits()
        for username in ["", ":", "nobody:me", transcript.agent.localCredentials.usernameFragment] {
            transcript.hear(transcript.peer.check(transcript.agent, username: username), from: Self.stranger)
            #expect(transcript.answers().map { $0[ErrorCode.self]?.code } == [401], "\(username)")
        }
        #expect(transcript.agent.report(at: transcript.now).count == 1)
    }

    @Test("a bare Binding request gets no answer: it would be larger than the question")
    func bare() {
        var transcript = Transcript(role: .controlled)
        _ = transcript.transmits()
        var random = SplitMix64(seed: 3)
        for fingerprint in [true, false] {
            let request = MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random))
                .finish(fingerprint: fingerprint)
            transcript.hear(request, from: Self.stranger)
        }
        #expect(transcript.transmits().isEmpty)
    }

    @Test("a check without FINGERPRINT is none")
    func noFingerprint() {
        var transcript = Transcript(role: .controlled)
        _ = transcript.transmits()
        #expect(transcript.hear(transcript.peer.check(transcript.agent, fingerprint: false)) == .foreign)
        #expect(transcript.transmits().isEmpty)
    }

    @Test("an attribute that has to be understood and is not is answered 420")
    func unknownAttribute() {
        struct Riddle: FlagAttribute {
            static let type = AttributeType(rawValue: 0x7FFF)
        }
        var transcript = Transcript(role: .controlled)
        _ = transcript.transmits()
        transcript.hear(transcript.peer.check(transcript.agent) { $0.add(Riddle()) }, from: Self.stranger)
        let answers = transcript.answers()
        #expect(answers.map { $0[ErrorCode.self]?.code } == [420])
        #expect(answers.first?[UnknownAttributes.self]?.types == [AttributeType(rawValue: 0x7FFF)])
        #expect(transcript.agent.report(at: transcript.now).count == 1)
    }

    @Test("a forged answer is as good as none")
    func forgedAnswer() throws {
        var transcript = Transcript(role: .controlling)
        let first = try #require(transcript.requests().first)
        transcript.hear(try transcript.peer.answer(first, key: Self.wrongKey))
        transcript.hear(try transcript.peer.refuse(first, with: .badRequest, key: Self.wrongKey))
        transcript.hear(try transcript.peer.answer(first, key: Self.wrongKey), from: Self.stranger)
        #expect(transcript.agent.report(at: transcript.now).map(\.result) == [.frozen])
        transcript.hear(try transcript.peer.answer(first))
        #expect(transcript.agent.report(at: transcript.now).map(\.result) == [.succeeded])
    }

    @Test("an authentic answer without an address, or a refusal, fails the pair")
    func uselessAnswer() throws {
        var transcript = Transcript(role: .controlling)
        let first = try #require(transcript.requests().first)
        let bare = Transmit(source: nil, destination: first.destination, payload: first.payload)
        transcript.hear(try transcript.peer.answer(bare))
        #expect(transcript.agent.report(at: transcript.now).map(\.why) == ["the answer held no address"])
        var refused = Transcript(role: .controlling)
        let request = try #require(refused.requests().first)
        refused.hear(try refused.peer.refuse(request, with: .serverError))
        #expect(refused.agent.report(at: refused.now).map(\.why) == ["the peer refused the check: 500"])
    }

    @Test("answers to nobody's question and other methods are left to others; what is not STUN goes up")
    func foreign() throws {
        var transcript = Transcript(role: .controlling)
        var random = SplitMix64(seed: 5)
        let id = TransactionID(using: &random)
        #expect(transcript.hear(MessageBuilder(.successResponse, .binding, transactionID: id).finish()) == .foreign)
        #expect(
            transcript.hear(MessageBuilder(.request, Method(rawValue: 3), transactionID: id).finish(fingerprint: true))
                == .foreign)
        #expect(transcript.hear([]) == .application)
        #expect(transcript.hear([22, 254, 253]) == .application)
        #expect(transcript.hear([0, 1, 0, 0]) == .application)
        #expect(transcript.hear(Array(repeating: 0, count: 20)) == .foreign)
        #expect(
            transcript.hear(MessageBuilder(.indication, .binding, transactionID: id).finish(fingerprint: true))
                == .handled)
    }

    @Test("a check cut at any byte, or with any byte changed, changes nothing")
    func damaged() {
        var transcript = Transcript(role: .controlled)
        _ = transcript.transmits()
        let check = transcript.peer.check(transcript.agent, nominates: true)
        for count in 0..<check.count { transcript.hear(Array(check.prefix(count)), from: Self.stranger) }
        for index in check.indices {
            var damaged = check
            damaged[index] ^= 0x40
            transcript.hear(damaged, from: Self.stranger)
        }
        #expect(transcript.agent.report(at: transcript.now).count == 1)
        #expect(transcript.requests().isEmpty)
    }

    @Test("remote candidates, pairs and early checks have a bound")
    func bounds() {
        var configuration = Agent.Configuration()
        configuration.pairLimit = 10
        var transcript = Transcript(role: .controlling, configuration: configuration)
        var taken = 0
        for port in UInt16(1)...200
        where transcript.agent.addRemoteCandidate(
            .host(TransportAddress(ip: .v4(0x0A01_0000), port: port), localPreference: port), at: .zero)
        {
            taken += 1
        }
        #expect(taken == configuration.candidateLimit - 1)
        #expect(transcript.agent.report(at: transcript.now).count == 10)
        // The pairs that stay are the best ones, and the one whose check is on its way.
        #expect(transcript.agent.report(at: transcript.now).contains { $0.remote == transcript.peer.address })

        var early = Transcript(role: .controlled, introduces: false)
        for port in UInt16(1)...100 {
            early.hear(early.peer.check(early.agent), from: TransportAddress(ip: .v4(0x0A01_0000), port: port))
        }
        early.agent.setRemoteCredentials(early.peer.credentials, at: .zero)
        #expect(early.agent.report(at: early.now).count == 16)
    }

    @Test("a peer that checks from every port there is fills no table without a bound")
    func checkFlood() {
        var transcript = Transcript(role: .controlled)
        for port in UInt16(1)...2000 {
            transcript.hear(
                transcript.peer.check(transcript.agent), from: TransportAddress(ip: .v4(0x0A01_0000), port: port))
            transcript.pass(.milliseconds(1))
        }
        #expect(transcript.agent.report(at: transcript.now).count <= 100)
        #expect(transcript.transmits().count <= 256)
    }

    @Test("addresses that no datagram for one host goes to are refused")
    func unusable() throws {
        var transcript = Transcript(role: .controlling)
        for text in ["0.0.0.0:1", "224.0.0.1:1", "255.255.255.255:1", "[ff02::1]:1", "[::]:1", "192.0.2.1:0"] {
            let address = try #require(TransportAddress(text))
            let isTaken = transcript.agent.addRemoteCandidate(.host(address), at: .zero)
            #expect(!isTaken, "\(text)")
        }
        var tcp = Candidate.host(Self.stranger)
        tcp.transport = .tcp
        #expect(transcript.agent.addRemoteCandidate(tcp, at: .zero) == false)
        var second = Candidate.host(Self.stranger)
        second.component = 2
        #expect(transcript.agent.addRemoteCandidate(second, at: .zero) == false)
    }

    @Test("IPv6 link-local addresses are paired among themselves, families never mixed")
    func families() throws {
        var transcript = Transcript(role: .controlling)
        let global = try #require(TransportAddress("[2001:db8::1]:1"))
        let link = try #require(TransportAddress("[fe80::1]:1"))
        transcript.agent.addLocalCandidate(.host(global), at: .zero)
        transcript.agent.addLocalCandidate(.host(link), at: .zero)
        transcript.agent.addRemoteCandidate(.host(try #require(TransportAddress("[fe80::2]:1"))), at: .zero)
        transcript.agent.addRemoteCandidate(.host(try #require(TransportAddress("[2001:db8::2]:1"))), at: .zero)
        #expect(transcript.agent.report(at: transcript.now).count == 3)
    }
}
