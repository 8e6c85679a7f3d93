import ICE
import NetPrimitives
import STUN
import TestSupport
import Testing

private let here = TransportAddress(ip: .v4(0x0A00_0001), port: 3389)
private let there = TransportAddress(ip: .v4(0x0A00_0002), port: 3389)
private let source = TransportAddress(ip: here.ip, port: Candidate.unknownPort)
private let relayed = TransportAddress(ip: .v4(0xC633_6402), port: 50_000)

/// When a TCP connection that data flows on is left for another pair.
@Suite struct StreamDeathTests {
    /// An agent, and a peer whose answers take their time on the stream; by UDP, at the relay, they are there at once.
    private struct Line {
        var agent: Agent
        let peer = ScriptedPeer("10.0.0.2:3389")
        var now = Instant.zero
        private var answers: [(at: Instant, bytes: [UInt8], ends: Transmit)] = []

        init() {
            var configuration = Agent.Configuration()
            configuration.consent = .watchful
            let random = SplitMix64(seed: 1)
            var names = random
            agent = Agent(
                role: .controlling, localCredentials: Credentials(using: &names), configuration: configuration, random: random)
            agent.addLocalCandidate(.activeTCP(here.ip), at: now)
            agent.addLocalCandidate(.host(here), at: now)
            agent.addRemoteCandidate(.passiveTCP(there), at: now)
            agent.setRemoteCredentials(peer.credentials, at: now)
        }

        /// - Parameter delay: of the answer to a check on the stream; nil: there is none.
        mutating func run(
            for duration: Duration, delay: (Transmit) -> Duration?, until isDone: (Agent) -> Bool = { _ in false }
        ) throws {
            let end = now + duration
            while now < end, !isDone(agent) {
                while let transmit = agent.nextTransmit() {
                    guard let wait = transmit.transport == .tcp ? delay(transmit) : .zero else { continue }
                    answers.append((now + wait, try peer.answer(transmit, mapped: here), transmit))
                }
                for answer in answers where answer.at <= now {
                    _ = agent.receive(
                        answer.bytes, on: try #require(answer.ends.source), from: answer.ends.destination,
                        transport: answer.ends.transport == .tcp ? .tcp : .udp, at: now)
                }
                answers.removeAll { $0.at <= now }
                now += .milliseconds(10)
                agent.handleTimeout(at: now)
            }
        }

        /// The stream is chosen, was broken once and opened again, which took a second and a half, and a relayed pair stands by.
        mutating func connect(roundTrip: Duration) throws {
            try run(for: .seconds(2), delay: { _ in roundTrip })
            agent.addRemoteCandidate(.relayed(relayed, server: relayed.ip), at: now)
            try run(for: .seconds(2), delay: { _ in roundTrip })
            agent.connectionFailed(from: source, to: there, at: now)
            var isFirst = true
            try run(for: .seconds(5)) { _ in
                defer { isFirst = false }
                return isFirst ? .milliseconds(1500) : roundTrip
            }
            #expect(agent.selectedPair?.transport == .tcp)
            #expect(agent.dataPair?.transport == .tcp)
        }
    }

    @Test("one that dies is left within two seconds", arguments: [10, 100, 300] as [Int64], [0, 200, 400, 600, 790] as [Int64])
    func death(roundTrip: Int64, phase: Int64) throws {
        var line = Line()
        try line.connect(roundTrip: .milliseconds(roundTrip))
        try line.run(for: .milliseconds(phase), delay: { _ in .milliseconds(roundTrip) })
        let died = line.now
        try line.run(for: .seconds(9), delay: { _ in nil }, until: { $0.dataPair?.transport == .udp })
        #expect(line.agent.dataPair?.kind == .relayed)
        #expect(line.now - died < .seconds(2))
    }

    @Test("one lost segment, which TCP sends again after a round trip and 200 ms, is no death", arguments: [10, 100, 250, 500] as [Int64])
    func loss(roundTrip: Int64) throws {
        var line = Line()
        try line.connect(roundTrip: .milliseconds(roundTrip))
        var losses = 3
        try line.run(for: .seconds(9)) { _ in
            losses -= 1
            return .milliseconds(losses >= 0 ? 2 * roundTrip + 200 : roundTrip)
        } until: {
            $0.dataPair?.transport != .tcp
        }
        #expect(losses < 0)
        #expect(line.agent.dataPair?.transport == .tcp)
    }

    @Test("a false alarm moves data to another pair and back, and ends nothing")
    func falseAlarm() throws {
        var line = Line()
        try line.connect(roundTrip: .milliseconds(50))
        var isHeld = true
        try line.run(for: .seconds(4)) { _ in
            defer { isHeld = false }
            return isHeld ? .milliseconds(1500) : .milliseconds(50)
        } until: {
            $0.dataPair?.transport == .udp
        }
        #expect(line.agent.dataPair?.kind == .relayed)
        #expect(line.agent.maySendData(at: line.now))
        try line.run(for: .seconds(2), delay: { _ in .milliseconds(50) }, until: { $0.dataPair?.transport == .tcp })
        #expect(line.agent.dataPair?.transport == .tcp)
        #expect(line.agent.maySendData(at: line.now))
        while let event = line.agent.nextEvent() {
            if case .failed = event { Issue.record("it has ended") }
        }
    }

    @Test("answers that go on being slow are a slow line: data moves away once and back, and then it stays")
    func slow() throws {
        var line = Line()
        try line.connect(roundTrip: .milliseconds(50))
        var seen = [line.agent.dataPair?.transport]
        try line.run(for: .seconds(60), delay: { _ in .milliseconds(1200) }) { agent in
            if agent.dataPair?.transport != seen.last { seen.append(agent.dataPair?.transport) }
            return false
        }
        #expect(seen == [.tcp, .udp, .tcp])
    }

    @Test("one that ends is opened again where it is wanted, and not where it has only worked once", arguments: [
        (4005, true), (4000, false),
    ] as [(UInt16, Bool)])
    func ends(port: UInt16, isWanted: Bool) throws {
        var line = Line()
        line.agent.addRemoteCandidate(.host(there), at: .zero)
        for port in UInt16(4000)..<4006 {
            let remote = TransportAddress(ip: there.ip, port: port)
            line.agent.addRemoteCandidate(.passiveTCP(remote, localPreference: port * 10), at: .zero)
        }
        try line.run(for: .seconds(5), delay: { _ in .milliseconds(20) })
        #expect(line.agent.selectedPair?.transport == .udp)
        let remote = TransportAddress(ip: there.ip, port: port)
        #expect(line.agent.hasAnswered(on: source, from: remote, transport: .tcp))
        line.agent.connectionFailed(from: source, to: remote, at: line.now)
        var checks = 0
        try line.run(for: .seconds(3)) { transmit in
            if transmit.destination == remote { checks += 1 }
            return .milliseconds(20)
        }
        #expect((checks > 0) == isWanted)
    }
}
