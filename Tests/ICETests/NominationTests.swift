import ICE
import NetPrimitives
import STUN
import Testing

/// When the controlling agent chooses, and what.
@Suite struct NominationTests {
    private static let relayed = TransportAddress(ip: .v4(0xC633_6402), port: 50_000)
    private static let outer = TransportAddress(ip: .v4(0xCB00_7109), port: 4444)

    /// Answers whatever is sent to these addresses, until a pair is selected; the time that takes.
    private func selection(
        _ transcript: inout Transcript, answering: Set<TransportAddress>, mapped: TransportAddress? = nil
    ) throws -> Duration? {
        let begin = transcript.now
        while transcript.agent.selectedPair == nil, transcript.now - begin < .seconds(9) {
            for request in transcript.requests() where answering.contains(request.destination) {
                let answer = try transcript.peer.answer(request, mapped: mapped)
                transcript.hear(answer, from: request.destination)
            }
            transcript.pass(.milliseconds(10))
        }
        return transcript.agent.selectedPair.map { _ in transcript.now - begin }
    }

    @Test("a direct path is nominated at once, whatever else may come")
    func direct() throws {
        var transcript = Transcript(role: .controlling)
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        let elapsed = try selection(&transcript, answering: [transcript.peer.address, Self.relayed])
        #expect(transcript.agent.selectedPair?.kind == .direct)
        #expect(try #require(elapsed) <= .milliseconds(50))
    }

    @Test("a punched path waits 300 ms for a direct one that is being checked")
    func punched() throws {
        var transcript = Transcript(role: .controlling)
        transcript.agent.addRemoteCandidate(
            .serverReflexive(Self.outer, base: Self.outer, server: Self.relayed.ip), at: .zero)
        transcript.agent.endOfLocalCandidates(at: .zero)
        transcript.agent.endOfRemoteCandidates(at: .zero)
        let elapsed = try selection(&transcript, answering: [Self.outer])
        #expect(transcript.agent.selectedPair?.kind == .punched)
        #expect((.milliseconds(300)...(.milliseconds(400))).contains(try #require(elapsed)))
    }

    @Test(
        "a relayed path waits 800 ms for others that are being checked, and 1500 ms while a side still gathers",
        arguments: [(true, 800), (false, 1500)])
    func relayed(_ hasAll: Bool, _ milliseconds: Int) throws {
        var transcript = Transcript(role: .controlling)
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        if hasAll {
            transcript.agent.endOfLocalCandidates(at: .zero)
            transcript.agent.endOfRemoteCandidates(at: .zero)
        }
        let elapsed = try selection(&transcript, answering: [Self.relayed])
        #expect(transcript.agent.selectedPair?.kind == .relayed)
        #expect((.milliseconds(milliseconds)...(.milliseconds(milliseconds + 100))).contains(try #require(elapsed)))
    }

    @Test("a relayed path is nominated at once when nothing else is possible")
    func onlyRelayed() throws {
        var transcript = Transcript(role: .controlling, introduces: false)
        transcript.agent.setRemoteCredentials(transcript.peer.credentials, at: .zero)
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        transcript.agent.endOfLocalCandidates(at: .zero)
        transcript.agent.endOfRemoteCandidates(at: .zero)
        let elapsed = try selection(&transcript, answering: [Self.relayed])
        #expect(try #require(elapsed) <= .milliseconds(50))
    }

    @Test("a mapped path is preferred to a punched one that is there as early")
    func mapped() throws {
        var transcript = Transcript(role: .controlling)
        let opened = TransportAddress(ip: Self.outer.ip, port: 5555)
        transcript.agent.addRemoteCandidate(
            .serverReflexive(Self.outer, base: Self.outer, server: Self.relayed.ip), at: .zero)
        transcript.agent.addRemoteCandidate(.mapped(opened, base: opened), at: .zero)
        _ = try selection(&transcript, answering: [Self.outer, opened])
        #expect(transcript.agent.selectedPair?.kind == .mapped)
    }

    @Test("when a nomination is not answered the next best valid pair is nominated")
    func secondChoice() throws {
        var transcript = Transcript(role: .controlling)
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        transcript.agent.endOfLocalCandidates(at: .zero)
        transcript.agent.endOfRemoteCandidates(at: .zero)
        while transcript.agent.selectedPair == nil, transcript.now < .zero + .seconds(20) {
            for request in transcript.requests() {
                let nominates = try Message(decoding: request.payload).contains(.useCandidate)
                guard !nominates || request.destination == Self.relayed else { continue }
                transcript.hear(try transcript.peer.answer(request), from: request.destination)
            }
            transcript.pass(.milliseconds(10))
        }
        #expect(transcript.agent.selectedPair?.kind == .relayed)
    }
}
