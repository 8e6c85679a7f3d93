import ICE
import NetPrimitives
import STUN
import Testing

/// RFC 7675 in virtual time.
@Suite struct AgentConsentTests {
    @Test("consent is asked for every four to six seconds, at random, each time anew")
    func interval() throws {
        var transcript = try Transcript.connected()
        var asked: [Instant] = []
        var ids: Set<TransactionID> = []
        while asked.count < 50, let next = transcript.agent.nextDeadline {
            transcript.pass(next - transcript.now)
            for request in transcript.requests() {
                asked.append(transcript.now)
                ids.insert(try Message(decoding: request.payload).transactionID)
                transcript.hear(try transcript.peer.answer(request))
            }
        }
        let intervals = zip(asked.dropFirst(), asked).map { $0 - $1 }
        #expect(intervals.allSatisfy { (.seconds(4)...(.seconds(6))).contains($0) })
        #expect(Set(intervals).count > 10)
        #expect(ids.count == 50)
        #expect(transcript.events().isEmpty)
    }

    @Test("silence is told after 7.5 s, lost consent after 30 s, the end after 210 s")
    func silence() throws {
        var transcript = try Transcript.connected()
        let since = try #require(transcript.agent.lastReceivedAt)
        transcript.pass(since + .milliseconds(7499) - transcript.now)
        #expect(transcript.events().isEmpty)
        transcript.pass(.milliseconds(1))
        #expect(transcript.events() == [.pathSilent(since: since)])
        transcript.pass(.milliseconds(22_499))
        #expect(transcript.agent.maySendData(at: transcript.now))
        transcript.pass(.milliseconds(1))
        #expect(!transcript.agent.maySendData(at: transcript.now))
        #expect(transcript.events() == [.consentLost])
        #expect(transcript.agent.selectedPair != nil)
        transcript.pass(.seconds(180))
        #expect(transcript.events() == [.failed(.peerLost)])
        #expect(transcript.agent.nextDeadline == nil)
    }

    @Test("an agent that was stopped for ten minutes counts from its awakening who has abandoned it")
    func stopped() throws {
        var transcript = try Transcript.connected()
        transcript.now += .seconds(600)
        transcript.agent.handleTimeout(at: transcript.now)
        #expect(transcript.events().last == .consentLost)
        transcript.pass(.seconds(100))
        transcript.now += .seconds(600)
        transcript.agent.handleTimeout(at: transcript.now)
        transcript.pass(.seconds(69))
        #expect(transcript.events().isEmpty)
        transcript.pass(.seconds(2))
        #expect(transcript.events() == [.failed(.peerLost)])
    }

    @Test("an answer ends the silence and restores the consent")
    func recovery() throws {
        var transcript = try Transcript.connected()
        transcript.pass(.seconds(40))
        _ = transcript.events()
        let request = try #require(transcript.requests().last)
        transcript.hear(try transcript.peer.answer(request))
        #expect(Set(transcript.events()) == [.pathRecovered, .consentRestored])
        #expect(transcript.agent.maySendData(at: transcript.now))
        #expect(transcript.agent.lastReceivedAt == transcript.now)
    }

    @Test("a driver in doubt has a check sent at once, and no second one within a second")
    func doubt() throws {
        var transcript = try Transcript.connected()
        for _ in 0..<5 { transcript.agent.checkConsent(at: transcript.now) }
        let requests = transcript.requests()
        #expect(requests.count == 1)
        transcript.hear(try transcript.peer.answer(try #require(requests.first)))
        transcript.pass(.milliseconds(999))
        transcript.agent.checkConsent(at: transcript.now)
        #expect(transcript.requests().isEmpty)
        transcript.pass(.milliseconds(1))
        transcript.agent.checkConsent(at: transcript.now)
        #expect(transcript.requests().count == 1)
    }

    @Test("the peer's data and checks end the silence, and are no consent")
    func life() throws {
        var transcript = try Transcript.connected()
        for _ in 0..<40 {
            transcript.pass(.seconds(1))
            transcript.agent.noteAuthenticatedTraffic(
                on: Transcript.base, from: transcript.peer.address, at: transcript.now)
        }
        #expect(transcript.events() == [.consentLost])
        transcript.pass(.seconds(8))
        _ = transcript.events()
        transcript.hear(transcript.peer.check(transcript.agent, role: .controlled))
        #expect(transcript.events() == [.pathRecovered])
        #expect(!transcript.agent.maySendData(at: transcript.now))
    }

    @Test("answers that are forged, from elsewhere, or refusals are no consent")
    func noConsent() throws {
        var transcript = try Transcript.connected()
        let elsewhere = try #require(TransportAddress("10.0.0.9:2000"))
        while transcript.now < .zero + .seconds(35), let next = transcript.agent.nextDeadline {
            transcript.pass(next - transcript.now)
            for request in transcript.requests() {
                transcript.hear(
                    try transcript.peer.answer(request, key: .shortTerm(password: "wrong wrong wrong wrong")))
                transcript.hear(try transcript.peer.answer(request), from: elsewhere)
                transcript.hear(try transcript.peer.refuse(request, with: .badRequest))
            }
        }
        #expect(transcript.events() == [.consentLost])
    }
}
