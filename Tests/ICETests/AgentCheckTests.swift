import ICE
import NetPrimitives
import STUN
import TestSupport
import Testing

/// Checks and their answers, as transcripts (RFC 8445 §7).
@Suite struct AgentCheckTests {
    @Test("the controlling agent checks, nominates, and selects")
    func controlling() throws {
        var transcript = Transcript(role: .controlling)
        transcript.agent.endOfLocalCandidates(at: .zero)
        transcript.agent.endOfRemoteCandidates(at: .zero)
        let first = try #require(transcript.requests().first)
        #expect(first.source == Transcript.base)
        #expect(first.destination == transcript.peer.address)
        let request = try Message(decoding: first.payload)
        let ours = transcript.agent.localCredentials.usernameFragment
        #expect(request[Username.self]?.text == "\(transcript.peer.credentials.usernameFragment):\(ours)")
        #expect(request[Priority.self]?.value == 1_862_270_975)  // 110 × 2²⁴ + 65535 × 2⁸ + 255
        #expect(request.contains(.iceControlling))
        #expect(!request.contains(.useCandidate))
        #expect(request.contains(.fingerprint))
        _ = try request.authenticated(with: .shortTerm(password: transcript.peer.credentials.password))

        #expect(transcript.hear(try transcript.peer.answer(first)) == .handled)
        #expect(transcript.agent.selectedPair == nil)
        transcript.pass(.milliseconds(5))
        let second = try #require(transcript.requests().first)
        #expect(try Message(decoding: second.payload).contains(.useCandidate))
        transcript.hear(try transcript.peer.answer(second))
        let pair = try #require(transcript.agent.selectedPair)
        #expect(pair.kind == .direct)
        #expect(pair.roundTrip == .zero)
        #expect(transcript.events() == [.selectedPair(pair)])
        #expect(transcript.agent.report(at: transcript.now).map(\.result) == [.succeeded])
        #expect(transcript.agent.report(at: transcript.now).map(\.isSelected) == [true])
    }

    @Test("the controlled agent answers, checks back at once, and selects when its own check succeeds")
    func controlled() throws {
        var transcript = Transcript(role: .controlled)
        let first = try #require(transcript.requests().first)
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true))
        let answer = try #require(transcript.answers().first)
        #expect(answer.messageClass == .successResponse)
        #expect(answer[XORMappedAddress.self]?.address == transcript.peer.address)
        _ = try answer.authenticated(with: .shortTerm(password: transcript.agent.localCredentials.password))
        #expect(transcript.agent.selectedPair == nil)
        transcript.hear(try transcript.peer.answer(first))
        #expect(transcript.agent.selectedPair?.kind == .direct)
    }

    @Test("an address at a relay is checked whether or not another one there is dead")
    func twoAtOneRelay() throws {
        var transcript = Transcript(role: .controlling)
        let dead = try #require(TransportAddress("198.51.100.2:50000"))
        let alive = try #require(TransportAddress("198.51.100.2:50002"))
        for address in [dead, alive] {
            transcript.agent.addRemoteCandidate(.relayed(address, server: address.ip), at: .zero)
        }
        transcript.pass(.milliseconds(30))
        #expect(Set(transcript.requests().map(\.destination)).isSuperset(of: [dead, alive]))
    }

    @Test("a nomination of a pair that has succeeded before selects it at once")
    func lateNomination() throws {
        var transcript = Transcript(role: .controlled)
        let first = try #require(transcript.requests().first)
        transcript.hear(try transcript.peer.answer(first))
        #expect(transcript.agent.selectedPair == nil)
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true))
        #expect(transcript.agent.selectedPair != nil)
    }

    @Test("of pairs nominated together the best is kept; one that is nominated seconds later replaces it")
    func nominatedAgain() throws {
        var transcript = Transcript(role: .controlled)
        let relayed = try #require(TransportAddress("198.51.100.2:50000"))
        transcript.agent.addRemoteCandidate(.relayed(relayed, server: relayed.ip), at: .zero)
        transcript.pass(.milliseconds(20))
        for request in transcript.requests() {
            transcript.hear(try transcript.peer.answer(request), from: request.destination)
        }
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true), from: relayed)
        #expect(transcript.agent.selectedPair?.kind == .relayed)
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true))
        #expect(transcript.agent.selectedPair?.kind == .direct)
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true), from: relayed)
        #expect(transcript.agent.selectedPair?.kind == .direct)
        transcript.pass(.seconds(3))
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true), from: relayed)
        #expect(transcript.agent.selectedPair?.kind == .relayed)
    }

    @Test("a check from an unknown address teaches a peer-reflexive candidate, and is returned")
    func peerReflexiveRemote() throws {
        var transcript = Transcript(role: .controlled)
        let stranger = try #require(TransportAddress("203.0.113.9:4444"))
        _ = transcript.transmits()
        transcript.hear(transcript.peer.check(transcript.agent), from: stranger)
        transcript.pass(.milliseconds(20))
        let triggered = try #require(transcript.requests().first { $0.destination == stranger })
        transcript.hear(try transcript.peer.answer(triggered), from: stranger)
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true), from: stranger)
        let pair = try #require(transcript.agent.selectedPair)
        #expect(pair.remote.type == .peerReflexive)
        #expect(pair.remote.priority == 1_862_270_975)
        #expect(pair.kind == .punched)
    }

    @Test("an answer that tells of an unknown address teaches a local peer-reflexive candidate")
    func peerReflexiveLocal() throws {
        var transcript = Transcript(role: .controlled)
        let mapped = try #require(TransportAddress("203.0.113.1:7777"))
        let first = try #require(transcript.requests().first)
        transcript.hear(try transcript.peer.answer(first, mapped: mapped))
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true))
        let pair = try #require(transcript.agent.selectedPair)
        #expect(pair.local.type == .peerReflexive)
        #expect(pair.local.address == mapped)
        #expect(pair.source == Transcript.base)
        #expect(pair.local.priority == 110 << 24 | 65_535 << 8 | 255)
    }

    @Test("a candidate that arrives after the selection corrects the path's kind")
    func reclassified() throws {
        var transcript = Transcript(role: .controlled)
        let relayed = try #require(TransportAddress("198.51.100.2:50000"))
        _ = transcript.transmits()
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true), from: relayed)
        transcript.pass(.milliseconds(20))
        let triggered = try #require(transcript.requests().first { $0.destination == relayed })
        transcript.hear(try transcript.peer.answer(triggered), from: relayed)
        #expect(transcript.agent.selectedPair?.kind == .punched)
        _ = transcript.events()
        transcript.agent.addRemoteCandidate(.relayed(relayed, server: relayed.ip), at: transcript.now)
        let pair = try #require(transcript.agent.selectedPair)
        #expect(pair.kind == .relayed)
        #expect(pair.remote.type == .relayed)
        #expect(transcript.events() == [.reclassified(pair)])
    }

    @Test("an unanswered check is sent at 0, 250, 750, 1750, 3750 and 7750 ms, and has failed two seconds later")
    func retransmission() {
        var transcript = Transcript(role: .controlling)
        var times: [Int64] = transcript.requests().isEmpty ? [] : [0]
        while transcript.agent.report(at: transcript.now).contains(where: { $0.result == .frozen }),
            let next = transcript.agent.nextDeadline
        {
            transcript.pass(next - transcript.now)
            for _ in transcript.requests() { times.append(transcript.now.nanoseconds / 1_000_000) }
        }
        #expect(times == [0, 250, 750, 1750, 3750, 7750])
        #expect(transcript.now.nanoseconds == 9_750_000_000)
        #expect(transcript.agent.report(at: transcript.now).map(\.why) == ["no answer"])
    }

    @Test("new checks keep Ta between them, a short one at first, and each base and remote address has one pair")
    func pacing() {
        var transcript = Transcript(role: .controlling)
        for port in UInt16(3000)..<3012 {
            transcript.agent.addRemoteCandidate(
                .host(TransportAddress(ip: .v4(0x0A00_0100 + UInt32(port)), port: port)), at: .zero)
        }
        // A reflexive address of the same base pairs no second time.
        transcript.agent.addLocalCandidate(
            .serverReflexive(
                TransportAddress(ip: .v4(0xCB00_7101), port: 1), base: Transcript.base, server: .v4(0xC633_6401)),
            at: .zero)
        #expect(transcript.agent.report(at: transcript.now).count == 13)
        var times: [Int64] = transcript.requests().map { _ in 0 }
        while transcript.now < Instant.zero + .milliseconds(200), let next = transcript.agent.nextDeadline {
            transcript.pass(next - transcript.now)
            times += transcript.requests().map { _ in transcript.now.nanoseconds / 1_000_000 }
        }
        #expect(Array(times.prefix(13)) == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 70, 90])
    }

    @Test("an answer from another address fails the pair")
    func asymmetric() throws {
        var transcript = Transcript(role: .controlling)
        let first = try #require(transcript.requests().first)
        let elsewhere = try #require(TransportAddress("10.0.0.9:2000"))
        transcript.hear(try transcript.peer.answer(first), from: elsewhere)
        #expect(transcript.agent.report(at: transcript.now).map(\.why) == ["the answer came from 10.0.0.9:2000"])
    }

    @Test("a failed pair lives again when the peer's check arrives")
    func revived() throws {
        var transcript = Transcript(role: .controlling)
        transcript.pass(.seconds(10))
        #expect(transcript.agent.report(at: transcript.now).map(\.result) == [.failed])
        _ = transcript.transmits()
        transcript.hear(transcript.peer.check(transcript.agent, role: .controlled))
        let again = try #require(transcript.requests().first)
        transcript.hear(try transcript.peer.answer(again))
        #expect(transcript.agent.report(at: transcript.now).map(\.result) == [.succeeded])
    }

    @Test("an agent fails only when both sides have named all candidates, every pair has failed, and it was patient")
    func failure() {
        var transcript = Transcript(role: .controlling)
        transcript.pass(.seconds(60))
        #expect(transcript.agent.failure == nil)
        transcript.agent.endOfLocalCandidates(at: transcript.now)
        #expect(transcript.agent.failure == nil)
        transcript.agent.endOfRemoteCandidates(at: transcript.now)
        #expect(transcript.events() == [.failed(.noPairSucceeded)])

        var patient = Transcript(role: .controlling)
        patient.agent.endOfLocalCandidates(at: .zero)
        patient.agent.endOfRemoteCandidates(at: .zero)
        patient.pass(.milliseconds(11_999))
        #expect(patient.agent.failure == nil)
        patient.pass(.milliseconds(1))
        #expect(patient.agent.failure == .noPairSucceeded)
    }

    @Test("a check that comes before the peer's credentials is answered then, and returned after")
    func earlyCheck() throws {
        var transcript = Transcript(role: .controlled, introduces: false)
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true))
        #expect(transcript.answers().map(\.messageClass) == [.successResponse])
        #expect(transcript.agent.nextDeadline == nil)
        transcript.agent.setRemoteCredentials(transcript.peer.credentials, at: transcript.now)
        let triggered = try #require(transcript.requests().first)
        #expect(triggered.destination == transcript.peer.address)
        transcript.hear(try transcript.peer.answer(triggered))
        #expect(transcript.agent.selectedPair != nil)
    }

    @Test("early checks of somebody with other credentials are forgotten")
    func earlyStranger() {
        var transcript = Transcript(role: .controlled, introduces: false)
        var stranger = ScriptedPeer("10.0.0.3:3000")
        _ = stranger.random.next()
        stranger.credentials = Credentials(using: &stranger.random)
        transcript.hear(stranger.check(transcript.agent), from: stranger.address)
        transcript.agent.setRemoteCredentials(transcript.peer.credentials, at: transcript.now)
        #expect(transcript.requests().isEmpty)
    }
}
