import ICE
import NetPrimitives
import STUN
import Testing

/// What an agent forgets of candidates that nothing came of, so that there is room for those of the next network.
@Suite struct CandidateRoomTests {
    private static func place(_ number: Int) -> TransportAddress {
        TransportAddress(ip: .v4(0xCB00_7100 + UInt32(number)), port: 4000)
    }

    private static let server = IPAddress.v4(0xC633_6401)

    /// Lets the peer's own address answer, and nobody else, every 10 ms.
    private func run(_ transcript: inout Transcript, for duration: Duration) throws {
        let end = transcript.now + duration
        while transcript.now < end {
            for request in transcript.requests() where request.destination == transcript.peer.address {
                transcript.hear(try transcript.peer.answer(request))
            }
            transcript.pass(.milliseconds(10))
        }
    }

    @Test("sixty addresses of a peer that moves about are each checked, and its own stays")
    func sixtyRemoteCandidates() throws {
        var transcript = try Transcript.connected()
        for number in 1...60 {
            let isTaken = transcript.agent.addRemoteCandidate(
                .serverReflexive(Self.place(number), base: Self.place(number), server: Self.server), at: transcript.now)
            #expect(isTaken, "\(number)")
            var isChecked = false
            for _ in 0..<10 where !isChecked {
                let requests = transcript.requests()
                isChecked = requests.contains { $0.destination == Self.place(number) }
                for request in requests where request.destination == transcript.peer.address {
                    transcript.hear(try transcript.peer.answer(request))
                }
                transcript.pass(.milliseconds(10))
            }
            #expect(isChecked, "\(number)")
            try run(&transcript, for: .seconds(12))
        }
        let report = transcript.agent.report(at: transcript.now)
        #expect(report.count <= transcript.agent.configuration.candidateLimit)
        #expect(report.first { $0.remote == transcript.peer.address }?.result == .succeeded)
        #expect(transcript.agent.dataPair?.destination == transcript.peer.address)
    }

    @Test("what is forgotten of a mapped address does not colour the next one there")
    func forgottenKind() throws {
        var transcript = try Transcript.connected()
        transcript.agent.addRemoteCandidate(
            .mapped(Self.place(1), base: Self.place(1)), at: transcript.now)
        try run(&transcript, for: .seconds(12))
        for number in 2...60 {
            transcript.agent.addRemoteCandidate(
                .serverReflexive(Self.place(number), base: Self.place(number), server: Self.server), at: transcript.now)
            try run(&transcript, for: .seconds(12))
        }
        transcript.agent.addRemoteCandidate(
            .serverReflexive(Self.place(1), base: Self.place(1), server: Self.server), at: transcript.now)
        #expect(transcript.agent.report(at: transcript.now).first { $0.remote == Self.place(1) }?.kind == .punched)
    }

    @Test("as long as something may come of each, no more are taken")
    func pending() throws {
        var transcript = try Transcript.connected()
        let taken = (1...60).filter { number in
            transcript.agent.addRemoteCandidate(
                .serverReflexive(Self.place(number), base: Self.place(number), server: Self.server), at: transcript.now)
        }
        #expect(taken.count == transcript.agent.configuration.candidateLimit - 1)
    }

    @Test("of sixty addresses that servers saw of ours the last ones are known, and the host's stays")
    func sixtyLocalCandidates() throws {
        var transcript = try Transcript.connected()
        for number in 1...60 {
            let isTaken = transcript.agent.addLocalCandidate(
                .serverReflexive(Self.place(number), base: Transcript.base, server: Self.server), at: transcript.now)
            #expect(isTaken, "\(number)")
        }
        // A peer's new address is still paired with the host's, which is what is sent from.
        transcript.agent.addRemoteCandidate(.host(Self.place(70)), at: transcript.now)
        #expect(transcript.agent.report(at: transcript.now).contains { $0.remote == Self.place(70) })
        #expect(transcript.agent.selectedPair?.kind == .direct)
    }
}
