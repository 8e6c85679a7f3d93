import ICE
import NetPrimitives
import STUN
import Testing

/// RFC 8445 §7.2.5.1 and §7.3.1.1, each way round.
@Suite struct AgentRoleConflictTests {
    @Test("of two controlling agents the one with the smaller tie-breaker gives in")
    func controllingGivesIn() {
        var transcript = Transcript(role: .controlling)
        _ = transcript.transmits()
        transcript.hear(transcript.peer.check(transcript.agent, role: .controlling, tieBreaker: .max))
        #expect(transcript.agent.role == .controlled)
        #expect(transcript.answers().map(\.messageClass) == [.successResponse])
    }

    @Test("the one with the larger tie-breaker answers 487 and stays")
    func controllingStays() throws {
        var transcript = Transcript(role: .controlling)
        _ = transcript.transmits()
        transcript.hear(transcript.peer.check(transcript.agent, role: .controlling, tieBreaker: 0))
        #expect(transcript.agent.role == .controlling)
        let answer = try #require(transcript.answers().first)
        #expect(answer[ErrorCode.self]?.code == 487)
        _ = try answer.authenticated(with: .shortTerm(password: transcript.agent.localCredentials.password))
    }

    @Test("of two controlled agents the one with the larger tie-breaker takes control")
    func controlledTakesOver() {
        var transcript = Transcript(role: .controlled)
        transcript.hear(transcript.peer.check(transcript.agent, role: .controlled, tieBreaker: 0))
        #expect(transcript.agent.role == .controlling)
    }

    @Test("the one with the smaller tie-breaker answers 487")
    func controlledStays() {
        var transcript = Transcript(role: .controlled)
        _ = transcript.transmits()
        transcript.hear(transcript.peer.check(transcript.agent, role: .controlled, tieBreaker: .max))
        #expect(transcript.agent.role == .controlled)
        #expect(transcript.answers().map { $0[ErrorCode.self]?.code } == [487])
    }

    @Test(
        "a 487 switches the role, changes the tie-breaker and repeats the check",
        arguments: [Role.controlling, .controlled])
    func refused(_ role: Role) throws {
        var transcript = Transcript(role: role)
        let first = try #require(transcript.requests().first)
        let before = try Message(decoding: first.payload)
        transcript.hear(try transcript.peer.refuse(first, with: .roleConflict))
        #expect(transcript.agent.role != role)
        transcript.pass(.milliseconds(20))
        let second = try #require(transcript.requests().first)
        let after = try Message(decoding: second.payload)
        #expect(after.contains(role == .controlling ? .iceControlled : .iceControlling))
        let tieBreakers = [before, after].map { $0[ICEControlling.self]?.value ?? $0[ICEControlled.self]?.value }
        #expect(tieBreakers[0] != tieBreakers[1])
    }

    @Test("two 487 to checks of the same role switch it once")
    func refusedTwice() throws {
        var transcript = Transcript(role: .controlling)
        let other = try #require(TransportAddress("10.0.0.3:2000"))
        transcript.agent.addRemoteCandidate(.host(other), at: .zero)
        transcript.pass(.milliseconds(20))
        let requests = transcript.requests()
        try #require(requests.count == 2)
        for request in requests {
            transcript.hear(try transcript.peer.refuse(request, with: .roleConflict), from: request.destination)
        }
        #expect(transcript.agent.role == .controlled)
    }

    @Test("a 487 that nobody vouches for changes nothing")
    func forged() throws {
        var transcript = Transcript(role: .controlling)
        let first = try #require(transcript.requests().first)
        transcript.hear(
            try transcript.peer.refuse(first, with: .roleConflict, key: .shortTerm(password: "not the password at all"))
        )
        #expect(transcript.agent.role == .controlling)
    }
}
