import ICE
import NetPrimitives
import STUN
import Testing

/// On which pair data flows: before the selection, while the selected pair lives, and when it has died.
@Suite struct DataPairTests {
    private static let relayed = TransportAddress(ip: .v4(0xC633_6402), port: 50_000)
    private static let outer = TransportAddress(ip: .v4(0xCB00_7109), port: 4444)

    private static var watchful: Agent.Configuration {
        var configuration = Agent.Configuration()
        configuration.consent = .watchful
        return configuration
    }

    /// Answers what is sent to these addresses, every 10 ms.
    private func run(
        _ transcript: inout Transcript, for duration: Duration, answering: Set<TransportAddress>,
        until isDone: (Transcript) -> Bool = { _ in false }
    ) throws {
        let end = transcript.now + duration
        while transcript.now < end, !isDone(transcript) {
            for request in transcript.requests() where answering.contains(request.destination) {
                transcript.hear(try transcript.peer.answer(request), from: request.destination)
            }
            transcript.pass(.milliseconds(10))
        }
    }

    /// An agent on a direct pair, with a relayed one that stands by.
    private func standingBy() throws -> Transcript {
        var transcript = Transcript(role: .controlling, configuration: Self.watchful)
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        try run(&transcript, for: .seconds(3), answering: [transcript.peer.address, Self.relayed])
        #expect(transcript.agent.selectedPair?.kind == .direct)
        #expect(transcript.agent.dataPair == transcript.agent.selectedPair)
        _ = transcript.events()
        return transcript
    }

    @Test("data may flow on the first valid pair, which the nomination waits to better")
    func beforeSelection() throws {
        var transcript = Transcript(role: .controlling)
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        #expect(transcript.agent.dataPair == nil)
        #expect(!transcript.agent.maySendData(at: .zero))
        try run(&transcript, for: .milliseconds(100), answering: [Self.relayed])
        #expect(transcript.agent.selectedPair == nil)
        #expect(transcript.agent.dataPair?.destination == Self.relayed)
        #expect(transcript.agent.maySendData(at: transcript.now))
    }

    @Test("a pair that nobody has asked for longer than consent lasts is asked before it stands by again")
    func staleStandby() throws {
        var transcript = Transcript(role: .controlling, configuration: Self.watchful)
        func host(_ number: UInt16) -> TransportAddress { TransportAddress(ip: .v4(0x0A00_0100), port: 100 - number) }
        for number in UInt16(1)...6 {
            transcript.agent.addRemoteCandidate(.host(host(number), localPreference: 1000 - number), at: .zero)
        }
        let hosts = Set((UInt16(1)...6).map(host)).union([transcript.peer.address])
        try run(&transcript, for: .seconds(40), answering: hosts)
        // Four stand by; the fifth and the sixth have not been asked since.
        try run(&transcript, for: .seconds(40), answering: hosts.subtracting([host(1)]))
        func result(of address: TransportAddress) -> PairReport.Result? {
            transcript.agent.report(at: transcript.now).first { $0.remote == address }?.result
        }
        #expect(result(of: host(1)) == .failed)
        #expect(result(of: host(5)) == .succeeded)
        // Another one works: there is a place to fill, and the fifth is the best for it.
        transcript.agent.addRemoteCandidate(.host(host(7), localPreference: 1), at: transcript.now)
        try run(&transcript, for: .milliseconds(100), answering: hosts.union([host(7)]).subtracting([host(5)]))
        #expect(result(of: host(5)) == .frozen)
        try run(&transcript, for: .seconds(1), answering: hosts)
        #expect(result(of: host(5)) == .succeeded)
    }

    @Test("when the selected pair dies, data flows on another within two seconds, and comes back with it")
    func death() throws {
        var transcript = try standingBy()
        let died = transcript.now
        try run(&transcript, for: .seconds(5), answering: [Self.relayed]) {
            $0.agent.dataPair?.destination == Self.relayed
        }
        #expect(transcript.now - died < .seconds(2))
        #expect(transcript.agent.hasLostSelectedPair)
        try run(&transcript, for: .seconds(60), answering: [Self.relayed])
        #expect(transcript.agent.maySendData(at: transcript.now))
        #expect(transcript.events().isEmpty)  // the peer is there all the time
        try run(&transcript, for: .seconds(2), answering: [Self.relayed, transcript.peer.address])
        #expect(transcript.agent.dataPair?.kind == .direct)
        #expect(!transcript.agent.hasLostSelectedPair)
    }

    @Test("beside a pair by one relay stands one by another relay, whatever there is by the first")
    func otherRelay() throws {
        let first = (UInt16(0)..<7).map { TransportAddress(ip: Self.relayed.ip, port: 50_000 + $0) }
        let spare = TransportAddress(ip: .v4(0xC633_6403), port: 50_000)
        var transcript = Transcript(role: .controlling, introduces: false, configuration: Self.watchful)
        transcript.agent.setRemoteCredentials(transcript.peer.credentials, at: .zero)
        for address in first { transcript.agent.addRemoteCandidate(.relayed(address, server: address.ip), at: .zero) }
        transcript.agent.addRemoteCandidate(.relayed(spare, server: spare.ip, localPreference: 1), at: .zero)
        try run(&transcript, for: .seconds(60), answering: Set(first + [spare]))
        #expect(transcript.agent.selectedPair?.destination.ip == Self.relayed.ip)
        let died = transcript.now
        try run(&transcript, for: .seconds(30), answering: [spare]) { $0.agent.dataPair?.destination == spare }
        #expect(transcript.now - died < .seconds(2))
    }

    @Test("one lost check is no death")
    func lostCheck() throws {
        var transcript = try standingBy()
        var left = 1
        let end = transcript.now + .seconds(10)
        while transcript.now < end {
            for request in transcript.requests() {
                if request.destination == transcript.peer.address, left > 0 {
                    left -= 1
                    continue
                }
                transcript.hear(try transcript.peer.answer(request), from: request.destination)
            }
            transcript.pass(.milliseconds(10))
            #expect(transcript.agent.dataPair?.kind == .direct)
        }
        #expect(left == 0)
    }

    @Test("the peer's data keeps a pair alive without a check, and its consent is asked for all the same")
    func dataIsLife() throws {
        var transcript = try standingBy()
        var asked = 0
        for _ in 0..<100 {  // ten seconds
            transcript.pass(.milliseconds(100))
            transcript.agent.noteAuthenticatedTraffic(
                on: Transcript.base, from: transcript.peer.address, at: transcript.now)
            for request in transcript.requests() {
                if request.destination == transcript.peer.address { asked += 1 }
                transcript.hear(try transcript.peer.answer(request), from: request.destination)
            }
        }
        #expect((1...3).contains(asked))
        #expect(transcript.agent.dataPair?.kind == .direct)
    }

    @Test("a better pair that comes after the selection is found, and said")
    func better() throws {
        var transcript = Transcript(role: .controlling, introduces: false, configuration: Self.watchful)
        transcript.agent.setRemoteCredentials(transcript.peer.credentials, at: .zero)
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        try run(&transcript, for: .seconds(4), answering: [Self.relayed, Self.outer])
        #expect(transcript.agent.selectedPair?.kind == .relayed)
        #expect(transcript.agent.betterPair == nil)
        transcript.agent.addRemoteCandidate(.mapped(Self.outer, base: Self.outer), at: transcript.now)
        try run(&transcript, for: .seconds(1), answering: [Self.relayed, Self.outer])
        #expect(transcript.agent.betterPair?.kind == .mapped)
        #expect(transcript.agent.selectedPair?.kind == .relayed)
        #expect(transcript.agent.dataPair?.kind == .relayed)  // until the two sides agree
    }

    @Test("a peer whose NAT has given it another port is found by its check")
    func rebinding() throws {
        var transcript = Transcript(role: .controlled, configuration: Self.watchful)
        transcript.hear(transcript.peer.check(transcript.agent, nominates: true))
        try run(&transcript, for: .seconds(3), answering: [transcript.peer.address])
        #expect(transcript.agent.selectedPair != nil)
        let moved = TransportAddress(ip: transcript.peer.address.ip, port: 9999)
        transcript.hear(transcript.peer.check(transcript.agent), from: moved)
        try run(&transcript, for: .seconds(2), answering: [moved])
        #expect(transcript.agent.dataPair?.destination == moved)
        #expect(transcript.agent.maySendData(at: transcript.now))
    }

    @Test("an address that goes takes its pairs with it; data flows elsewhere at once")
    func addressGone() throws {
        let second = TransportAddress(ip: .v4(0x0A01_0001), port: 1001)
        var transcript = Transcript(role: .controlling, configuration: Self.watchful)
        transcript.agent.addLocalCandidate(.host(second, localPreference: 1), at: .zero)
        let end = transcript.now + .seconds(3)
        while transcript.now < end {
            for request in transcript.requests() {
                let answer = try transcript.peer.answer(request)
                _ = transcript.agent.receive(
                    answer, on: try #require(request.source), from: request.destination, at: transcript.now)
            }
            transcript.pass(.milliseconds(10))
        }
        #expect(transcript.agent.selectedPair?.source == Transcript.base)
        transcript.agent.removeLocalCandidates(base: Transcript.base, at: transcript.now)
        #expect(transcript.agent.dataPair?.source == second)
        #expect(transcript.agent.maySendData(at: transcript.now))
        #expect(transcript.agent.report(at: transcript.now).allSatisfy { $0.local == second })
    }

    @Test("pairs that stand by are few, and one of them is relayed")
    func bound() throws {
        var transcript = Transcript(role: .controlling, configuration: Self.watchful)
        var all: Set = [transcript.peer.address, Self.relayed]
        transcript.agent.addRemoteCandidate(.relayed(Self.relayed, server: Self.relayed.ip), at: .zero)
        for port in UInt16(3000)..<3020 {
            let address = TransportAddress(ip: .v4(0x0A00_0003), port: port)
            all.insert(address)
            transcript.agent.addRemoteCandidate(.host(address), at: .zero)
        }
        try run(&transcript, for: .seconds(5), answering: all)
        var asked: Set<TransportAddress> = []
        let end = transcript.now + .seconds(12)
        while transcript.now < end {
            for request in transcript.requests() {
                asked.insert(request.destination)
                transcript.hear(try transcript.peer.answer(request), from: request.destination)
            }
            transcript.pass(.milliseconds(10))
        }
        #expect(asked.count == 5)
        #expect(asked.contains(Self.relayed))
    }

    @Test("while nothing answers, failed pairs are tried again")
    func revival() throws {
        var transcript = Transcript(role: .controlling, configuration: Self.watchful)
        transcript.agent.addRemoteCandidate(.mapped(Self.outer, base: Self.outer), at: .zero)
        try run(&transcript, for: .seconds(12), answering: [transcript.peer.address])
        #expect(transcript.agent.report(at: transcript.now).contains { $0.result == .failed })
        try run(&transcript, for: .seconds(10), answering: [])
        try run(&transcript, for: .seconds(4), answering: [Self.outer])
        #expect(transcript.agent.dataPair?.destination == Self.outer)
    }
}
