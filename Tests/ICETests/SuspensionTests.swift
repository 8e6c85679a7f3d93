import ICE
import NetPrimitives
import TestSupport
import Testing

/// A peer whose computer is suspended.
@Suite struct SuspensionTests {
    private static let here = TransportAddress(ip: .v4(0x0A00_0001), port: 1000)
    private static let there = TransportAddress(ip: .v4(0x0A00_0002), port: 2000)

    /// Two agents that are connected, and the computer of the second one, whose clock stands still in a suspension.
    private struct Pair {
        var agent: RestartingAgent
        var sleeper: RestartingAgent
        var now = Instant.zero
        var slept = Duration.zero
        var failures: [Agent.Failure] = []

        init() {
            var configuration = Agent.Configuration()
            configuration.consent = .watchful
            configuration.consent.abandonment = .seconds(120)
            agent = .gathered(.controlling, seed: 1, at: SuspensionTests.here, configuration: configuration)
            sleeper = .gathered(.controlled, seed: 2, at: SuspensionTests.there, configuration: configuration)
            agent.setRemoteCredentials(sleeper.active.localCredentials, at: .zero)
            sleeper.setRemoteCredentials(agent.active.localCredentials, at: .zero)
            talk(for: .seconds(2))
        }

        mutating func talk(for duration: Duration) {
            let end = now + duration
            while now < end {
                exchange()
                now += .milliseconds(10)
                agent.handleTimeout(at: now)
                sleeper.handleTimeout(at: now - slept)
                note()
            }
        }

        private mutating func exchange() {
            while let signal = agent.nextSignal() { sleeper.receive(signal, at: now - slept) }
            while let signal = sleeper.nextSignal() { agent.receive(signal, at: now) }
            while let transmit = agent.nextTransmit() {
                _ = sleeper.receive(
                    transmit.payload, on: SuspensionTests.there, from: SuspensionTests.here, at: now - slept)
            }
            while let transmit = sleeper.nextTransmit() {
                _ = agent.receive(transmit.payload, on: SuspensionTests.here, from: SuspensionTests.there, at: now)
            }
        }

        /// The sleeper's computer is suspended; what is sent to it is lost.
        mutating func sleep(for duration: Duration) {
            let end = now + duration
            while let deadline = agent.nextDeadline, deadline < end {
                now = max(deadline, now + .milliseconds(1))
                agent.handleTimeout(at: now)
                while agent.nextTransmit() != nil {}
                while agent.nextSignal() != nil {}
                note()
            }
            now = max(end, now)
            slept += duration
        }

        private mutating func note() {
            while let event = agent.nextEvent() {
                if case .failed(let failure) = event { failures.append(failure) }
            }
        }

        var isTalking: Bool { agent.maySendData(at: now) && sleeper.maySendData(at: now - slept) }
    }

    @Test("who says nothing of it is waited for 150 s")
    func unannounced() {
        var pair = Pair()
        pair.sleep(for: .seconds(145))
        #expect(pair.failures.isEmpty)
        pair.sleep(for: .seconds(7))
        #expect(pair.failures == [.peerLost])
    }

    @Test("who says so is waited for a quarter of an hour, and no longer")
    func announced() {
        var pair = Pair()
        let isNews = pair.agent.peerSuspends(at: pair.now)
        #expect(isNews)
        pair.sleep(for: .seconds(15 * 60 - 5))
        #expect(pair.failures.isEmpty && pair.agent.isPeerSuspended)
        pair.sleep(for: .seconds(7))
        #expect(pair.failures == [.peerLost])
        let isBelieved = pair.agent.peerSuspends(at: pair.now)
        #expect(!isBelieved)
    }

    @Test("after fourteen minutes the session goes on, and the next silence is one of 150 s", arguments: [true, false])
    func returns(saysSo: Bool) {
        var pair = Pair()
        pair.agent.peerSuspends(at: pair.now)
        pair.sleep(for: .seconds(14 * 60))
        #expect(!pair.isTalking)
        // Said before any check was answered: what is left of the wait stays.
        if saysSo { pair.agent.peerWakes(at: pair.now) }
        pair.agent.handleTimeout(at: pair.now)
        pair.sleeper.networkChanged(at: pair.now - pair.slept)
        pair.talk(for: .seconds(3))
        #expect(pair.failures.isEmpty && pair.isTalking && !pair.agent.isPeerSuspended)
        pair.sleep(for: .seconds(145))
        #expect(pair.failures.isEmpty)
        pair.sleep(for: .seconds(7))
        #expect(pair.failures == [.peerLost])
    }

    @Test("who says so and goes on talking is no sleeper")
    func sleepless() {
        var pair = Pair()
        pair.agent.peerSuspends(at: pair.now)
        // While it falls asleep it may.
        pair.talk(for: .seconds(14))
        #expect(pair.agent.isPeerSuspended)
        pair.talk(for: .seconds(3))
        #expect(!pair.agent.isPeerSuspended)
        pair.sleep(for: .seconds(152))
        #expect(pair.failures == [.peerLost])
    }

    @Test("who is at the rendezvous again is awake, unless it has only just said that it will sleep")
    func rendezvous() {
        var pair = Pair()
        pair.agent.peerSuspends(at: pair.now)
        pair.agent.peerReturned(at: pair.now + .seconds(1))
        #expect(pair.agent.isPeerSuspended)
        pair.sleep(for: .seconds(300))
        pair.agent.peerReturned(at: pair.now)
        #expect(!pair.agent.isPeerSuspended)
        // It has said so, and is waited for as before until it answers.
        pair.sleep(for: .seconds(300))
        #expect(pair.failures.isEmpty)
    }

    @Test("a computer that falls asleep all the time is believed four times, and once a minute")
    func restless() {
        var pair = Pair()
        func tries(_ count: Int) -> Int {
            var believed = 0
            for _ in 0..<count {
                if pair.agent.peerSuspends(at: pair.now) { believed += 1 }
                pair.agent.peerWakes(at: pair.now)
            }
            return believed
        }
        #expect(tries(100) == 4)
        pair.talk(for: .seconds(61))
        #expect(tries(100) == 1)
    }

    @Test("a restart that begins while the peer sleeps waits as long")
    func restart() {
        var pair = Pair()
        pair.agent.peerSuspends(at: pair.now)
        pair.sleep(for: .seconds(100))
        pair.agent.networkChanged(at: pair.now)
        pair.sleep(for: .seconds(15 * 60 - 105))
        #expect(pair.failures.isEmpty)
        pair.talk(for: .seconds(3))
        #expect(pair.failures.isEmpty && pair.isTalking)
    }
}
