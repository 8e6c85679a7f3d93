import ICE
import NetPrimitives
import TestSupport
import Testing

/// Sessions and their numbers (RFC 8445 §9).
@Suite struct RestartTests {
    private static let here = TransportAddress(ip: .v4(0x0A00_0001), port: 1000)
    private static let there = TransportAddress(ip: .v4(0x0A00_0002), port: 2000)

    /// Two agents whose signals and packets arrive at once.
    private struct Pair {
        var left: RestartingAgent
        var right: RestartingAgent
        var now = Instant.zero
        var signals: [RestartingAgent.Signal] = []

        init() {
            left = .gathered(.controlling, seed: 1, at: RestartTests.here)
            right = .gathered(.controlled, seed: 2, at: RestartTests.there)
            left.setRemoteCredentials(right.active.localCredentials, at: .zero)
            right.setRemoteCredentials(left.active.localCredentials, at: .zero)
        }

        mutating func run(for duration: Duration, signalling: Bool = true) {
            let end = now + duration
            while now < end {
                while let signal = left.nextSignal() {
                    signals.append(signal)
                    if signalling { right.receive(signal, at: now) }
                }
                while let signal = right.nextSignal() {
                    signals.append(signal)
                    if signalling { left.receive(signal, at: now) }
                }
                while let transmit = left.nextTransmit() {
                    _ = right.receive(transmit.payload, on: RestartTests.there, from: RestartTests.here, at: now)
                }
                while let transmit = right.nextTransmit() {
                    _ = left.receive(transmit.payload, on: RestartTests.here, from: RestartTests.there, at: now)
                }
                now += .milliseconds(10)
                left.handleTimeout(at: now)
                right.handleTimeout(at: now)
            }
        }
    }

    @Test("of what servers saw of a port the last one is offered, beside what a router opened for it")
    func offer() {
        var random = SplitMix64(seed: 1)
        var agent = RestartingAgent(
            role: .controlled, localCredentials: Credentials(using: &random), configuration: Agent.Configuration(), random: random)
        let base = TransportAddress(ip: .v4(0xC0A8_0164), port: 5000)
        func outer(_ port: UInt16) -> TransportAddress { TransportAddress(ip: .v4(0xCB00_7109), port: port) }
        agent.addLocalCandidate(.host(base), at: .zero)
        agent.addLocalCandidate(.mapped(outer(5000), base: base), at: .zero)
        for port in UInt16(6000)...6099 {
            agent.addLocalCandidate(.serverReflexive(outer(port), base: base, server: .v4(0xC633_6401)), at: .zero)
        }
        agent.addLocalCandidate(.mapped(outer(5001), base: base), at: .zero)
        agent.endOfLocalCandidates(at: .zero)
        let told = agent.offer.map { signal -> TransportAddress? in
            if case .candidate(0, let candidate) = signal { candidate.address } else { nil }
        }
        #expect(told == [base, outer(6099), outer(5001), nil])
        #expect(agent.offer.last == .endOfCandidates(generation: 0))
    }

    @Test("a restart has new credentials and a new pair, and data may be sent all the while")
    func restart() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        let before = (pair.left.active.localCredentials, pair.right.active.localCredentials)
        #expect(pair.left.dataPair != nil)
        pair.left.networkChanged(at: pair.now)
        for _ in 0..<100 {
            pair.run(for: .milliseconds(10))
            #expect(pair.left.maySendData(at: pair.now) && pair.right.maySendData(at: pair.now))
        }
        #expect(pair.left.generation == 1 && pair.right.generation == 1)
        #expect(pair.left.active.localCredentials != before.0)
        #expect(pair.right.active.localCredentials != before.1)
        #expect(pair.left.active.localCredentials != pair.right.active.localCredentials)
        #expect(pair.left.active.selectedPair != nil && pair.right.active.selectedPair != nil)
    }

    @Test("both at once mean the same restart")
    func glare() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        pair.left.networkChanged(at: pair.now)
        pair.right.networkChanged(at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.generation == 1 && pair.right.generation == 1)
        #expect(pair.left.active.selectedPair != nil && pair.right.active.selectedPair != nil)
        #expect(pair.left.active.remoteCredentials == pair.right.active.localCredentials)
    }

    @Test("what is said twice, or late, changes nothing")
    func repetition() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        pair.left.networkChanged(at: pair.now)
        pair.run(for: .seconds(1))
        pair.left.networkChanged(at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.right.generation == 2)
        let state = (pair.right.active.localCredentials, pair.right.dataPair)
        for signal in pair.signals { pair.right.receive(signal, at: pair.now) }
        pair.run(for: .seconds(1))
        #expect(pair.right.generation == 2)
        #expect(pair.right.active.localCredentials == state.0)
        #expect(pair.right.dataPair == state.1)
    }

    @Test("a restart that nobody answers leaves the path as it is; told again, it is made")
    func unheard() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        pair.left.networkChanged(at: pair.now)
        pair.run(for: .seconds(20), signalling: false)
        #expect(pair.left.maySendData(at: pair.now))
        #expect(pair.right.generation == 0)
        pair.left.signalAgain()
        pair.run(for: .seconds(1))
        #expect(pair.right.generation == 1)
        #expect(pair.left.active.remoteCredentials == pair.right.active.localCredentials)
    }

    @Test("a number out of reach is refused, and so is the first session's")
    func numbers() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        var random = SplitMix64(seed: 9)
        let credentials = Credentials(using: &random)
        for number in [0, UInt32.max, 17] {
            let isNews = pair.left.receive(.restart(generation: number, credentials), at: pair.now)
            #expect(!isNews)
        }
        #expect(pair.left.generation == 0)
        let isNews = pair.left.receive(.candidate(generation: 7, .host(Self.there)), at: pair.now)
        #expect(!isNews)
    }

    @Test("a peer that begins one restart after another gets a few at once, and one a second")
    func pace() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        var random = SplitMix64(seed: 9)
        for number in 1...UInt32(100) {
            _ = pair.left.receive(.restart(generation: number, Credentials(using: &random)), at: pair.now)
        }
        #expect(pair.left.generation == 4)
        let later = pair.left.receive(.restart(generation: 5, Credentials(using: &random)), at: pair.now + .seconds(1))
        #expect(later && pair.left.generation == 5)
    }

    @Test("a restart that the peer has not heard of keeps nobody from the next")
    func again() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        pair.left.networkChanged(at: pair.now)
        pair.run(for: .seconds(3), signalling: false)
        #expect(pair.left.generation == 1 && pair.right.generation == 0)
        pair.left.networkChanged(at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.generation == 2 && pair.right.generation == 2)
        #expect(pair.left.active.remoteCredentials == pair.right.active.localCredentials)
    }

    @Test("when nothing answers the driver is asked for help, every three seconds")
    func help() {
        var pair = Pair()
        pair.run(for: .seconds(1))
        while pair.left.nextEvent() != nil {}
        var asked = 0
        let end = pair.now + .seconds(20)
        while pair.now < end {
            pair.now += .milliseconds(100)
            pair.left.handleTimeout(at: pair.now)
            while pair.left.nextTransmit() != nil {}
            while let event = pair.left.nextEvent() { if event == .unanswered { asked += 1 } }
        }
        #expect((4...6).contains(asked))
    }
}
