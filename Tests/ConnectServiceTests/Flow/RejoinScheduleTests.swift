@testable import ConnectService
import NetPrimitives
import Testing

@Suite("When the rendezvous is tried again")
struct RejoinScheduleTests {
    /// SplitMix64.
    struct Chance: RandomNumberGenerator, Sendable {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    private func schedule(_ seed: UInt64 = 1) -> RejoinSchedule { RejoinSchedule(at: .zero, random: Chance(state: seed)) }

    private func begins(_ schedule: inout RejoinSchedule, at now: Instant) -> Bool { schedule.beginsAttempt(at: now) }

    /// The instant of the next attempt.
    private func next(_ schedule: inout RejoinSchedule) -> Instant? {
        guard let deadline = schedule.nextDeadline, schedule.beginsAttempt(at: deadline) else { return nil }
        return deadline
    }

    @Test("as long as all is well there is nothing to do")
    func settled() {
        var schedule = schedule()
        #expect(schedule.nextDeadline == nil)
        #expect(!begins(&schedule, at: .zero + .seconds(3600)))
    }

    @Test("a new network is tried at once, also in the middle of an attempt or of a pause")
    func newNetwork() {
        var schedule = schedule()
        let now = Instant.zero + .seconds(100)
        schedule.networkChanged(at: now)
        #expect(begins(&schedule, at: now))
        #expect(!begins(&schedule, at: now + .seconds(1)), "one at a time")
        schedule.networkChanged(at: now + .seconds(1))
        #expect(begins(&schedule, at: now + .seconds(1)))
        for _ in 0..<10 {
            schedule.failed(at: now + .seconds(2))
            _ = next(&schedule)
        }
        schedule.failed(at: now + .seconds(500))
        #expect(!begins(&schedule, at: now + .seconds(500)))
        schedule.networkChanged(at: now + .seconds(501))
        #expect(begins(&schedule, at: now + .seconds(501)))
        schedule.succeeded(at: now + .seconds(502))
        #expect(schedule.nextDeadline == nil)
    }

    @Test("those who have lost the relay together do not come back together")
    func jitter() {
        let instants = (0..<200 as Range<UInt64>).map { seed in
            var schedule = schedule(seed)
            schedule.connectionLost(at: .zero + .seconds(10))
            return next(&schedule) ?? .zero
        }
        #expect(instants.allSatisfy { $0 >= .zero + .seconds(10) && $0 <= .zero + .seconds(11) })
        #expect(Set(instants).count > 100)
        #expect(instants.contains { $0 < .zero + .milliseconds(10_200) } && instants.contains { $0 > .zero + .milliseconds(10_800) })
    }

    @Test("failures space the attempts out, to a minute; an answer that never comes is a failure")
    func pauses() throws {
        var schedule = schedule()
        schedule.connectionLost(at: .zero)
        var now = try #require(next(&schedule))
        var pauses: [Duration] = []
        for _ in 0..<20 {
            let limit = try #require(schedule.nextDeadline)
            #expect(limit == now + RejoinSchedule.limit)
            #expect(!begins(&schedule, at: limit), "given up, and not begun anew in the same breath")
            now = try #require(next(&schedule))
            pauses.append(now - limit)
        }
        #expect(pauses[0] <= .milliseconds(250) && pauses[0] >= .milliseconds(125))
        #expect(pauses.allSatisfy { $0 <= .seconds(60) })
        #expect(pauses.suffix(10).allSatisfy { $0 >= .seconds(30) })
        schedule.succeeded(at: now)
        schedule.connectionLost(at: now + .seconds(29))
        #expect(try #require(schedule.nextDeadline) - now >= .seconds(30), "of no use")
        now = try #require(next(&schedule))
        schedule.succeeded(at: now)
        now += .seconds(30)
        schedule.connectionLost(at: now)
        _ = next(&schedule)
        schedule.failed(at: now)
        #expect(try #require(schedule.nextDeadline) - now <= .milliseconds(250), "forgiven")
    }

    @Test("a connection that closes before the relay has answered on it is a failed attempt")
    func closedEarly() throws {
        var schedule = schedule()
        schedule.networkChanged(at: .zero)
        #expect(begins(&schedule, at: .zero))
        schedule.connectionLost(at: .zero + .seconds(1))
        #expect(try #require(next(&schedule)) <= .zero + .milliseconds(1250))
    }

    @Test("while nothing comes from the peer it is tried every three seconds, and that ends with the silence")
    func unanswered() throws {
        var schedule = schedule()
        var now = Instant.zero + .seconds(50)
        schedule.pathUnanswered(at: now)
        var attempts = 0
        for _ in 0..<50 {
            // As the agent tells it.
            now += .seconds(3)
            schedule.pathUnanswered(at: now)
            while schedule.nextDeadline.map({ $0 <= now }) ?? false, schedule.beginsAttempt(at: now) {
                attempts += 1
                schedule.failed(at: now)
            }
        }
        #expect((25...120).contains(attempts))
        now += .seconds(100)
        for _ in 0..<10 {
            _ = schedule.beginsAttempt(at: now)
            schedule.failed(at: now)
            now = try #require(schedule.nextDeadline)
        }
        #expect(begins(&schedule, at: now))
        schedule.failed(at: now)
        #expect(try #require(schedule.nextDeadline) - now >= .seconds(30))
    }

    @Test("who is back and still hears nothing of the peer asks again, more and more seldom")
    func doubt() {
        var schedule = schedule()
        var now = Instant.zero
        var attempts: [Instant] = []
        while now < .zero + .seconds(300) {
            schedule.pathUnanswered(at: now)
            if let deadline = schedule.nextDeadline, deadline <= now + .seconds(3), schedule.beginsAttempt(at: deadline) {
                attempts.append(deadline)
                schedule.succeeded(at: deadline)
            }
            now += .seconds(3)
        }
        let pauses = zip(attempts.dropFirst(), attempts).map { $0 - $1 }
        #expect((6...12).contains(attempts.count))
        #expect(pauses.first.map { $0 >= .seconds(5) } == true && pauses.last.map { $0 >= .seconds(40) } == true)
    }

    @Test("who has nothing to come back to does not try")
    func over() {
        for isTrying in [true, false] {
            var schedule = schedule()
            schedule.networkChanged(at: .zero)
            if isTrying { #expect(begins(&schedule, at: .zero)) }
            schedule.giveUp()
            schedule.networkChanged(at: .zero + .seconds(1))
            schedule.connectionLost(at: .zero + .seconds(2))
            schedule.pathUnanswered(at: .zero + .seconds(3))
            schedule.succeeded(at: .zero + .seconds(4))
            schedule.connectionLost(at: .zero + .seconds(5))
            #expect(schedule.nextDeadline == nil && !begins(&schedule, at: .zero + .seconds(60)))
        }
    }
}
