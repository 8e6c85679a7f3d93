import NetPrimitives
@testable import Relay
import TestSupport
import Testing

@Suite("TimerWheel")
struct TimerWheelTests {
    /// Timers in a list, each looked at every time.
    private struct Model {
        var deadlines: [Int: Instant] = [:]

        var next: Instant? { deadlines.values.map(Self.rounded).min() }

        static func rounded(_ instant: Instant) -> Instant {
            .zero + .seconds((instant.nanoseconds + 999_999_999) / 1_000_000_000)
        }

        mutating func removeDue(at now: Instant) -> [Int] {
            let due = deadlines.filter { Self.rounded($0.value) <= now }.map(\.key)
            for value in due { deadlines[value] = nil }
            return due
        }
    }

    @Test("random timers go off as in a list", arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var wheel = TimerWheel<Int>()
        var model = Model()
        var timers: [Int: TimerWheel<Int>.Timer] = [:]
        var old: [TimerWheel<Int>.Timer] = []
        var now = Instant.zero + .milliseconds(Int64.random(in: 0..<100_000_000, using: &random))
        var fired = 0
        for value in 0..<3000 {
            let deadline = now + .milliseconds(Int64.random(in: 1..<[900, 30_000, 600_000, 4_000_000][value % 4], using: &random))
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1, 2:
                timers[value] = wheel.start(value, at: deadline, now: now)
                model.deadlines[value] = deadline
            case 3:
                guard let value = timers.keys.randomElement(using: &random), let timer = timers[value] else { continue }
                wheel.move(timer, to: deadline, now: now)
                model.deadlines[value] = deadline
            case 4:
                guard let value = timers.keys.randomElement(using: &random), let timer = timers[value] else { continue }
                wheel.bringForward(timer, to: deadline, now: now)
                let former = try #require(model.deadlines[value])
                if Model.rounded(deadline) < Model.rounded(former) { model.deadlines[value] = deadline }
            case 5:
                guard let value = timers.keys.randomElement(using: &random), let timer = timers.removeValue(forKey: value) else { continue }
                wheel.cancel(timer)
                model.deadlines[value] = nil
                old.append(timer)
            case 6:
                guard let timer = old.randomElement(using: &random) else { continue }
                wheel.cancel(timer)
                wheel.move(timer, to: deadline, now: now)
                wheel.bringForward(timer, to: now, now: now)
            default:
                now += .milliseconds(Int64.random(in: 0..<[1500, 20_000, 100_000][value % 3], using: &random))
                let due = wheel.removeDue(at: now)
                #expect(due.sorted() == model.removeDue(at: now).sorted(), "seed \(seed)")
                fired += due.count
                for value in due { if let timer = timers.removeValue(forKey: value) { old.append(timer) } }
            }
            #expect(wheel.nextDeadline == model.next, "seed \(seed)")
            #expect(wheel.count == model.deadlines.count, "seed \(seed)")
        }
        #expect(fired > 300, "seed \(seed)")
    }

    @Test("a timer goes off in the second after its deadline, and not before it", arguments: [0, 0.001, 0.999, 1, 29.5, 3600, 4094])
    func rounding(_ seconds: Double) {
        var wheel = TimerWheel<String>()
        let (start, deadline) = (Instant.at(0.5), Instant.at(0.5 + seconds))
        _ = wheel.start("it", at: deadline, now: start)
        let end = Instant.zero + .seconds(Int64((0.5 + seconds).rounded(.up)))
        #expect(wheel.nextDeadline == end)
        #expect(wheel.removeDue(at: end - .nanoseconds(1)).isEmpty)
        #expect(wheel.removeDue(at: end) == ["it"] && wheel.nextDeadline == nil)
    }

    @Test("a timer beyond the ring's end is put into place from there, and goes off when it should")
    func farAway() {
        var wheel = TimerWheel<String>()
        _ = wheel.start("in a day", at: .at(86_400), now: .at(10))
        var (looks, now) = (0, Instant.at(10))
        while let next = wheel.nextDeadline {
            #expect(next > now && next <= .at(86_400))
            now = next
            looks += 1
            if wheel.removeDue(at: now) == ["in a day"] { break }
        }
        #expect(now == .at(86_400) && looks < 30)
    }

    @Test("a deadline that has passed already comes with the next second")
    func past() {
        var wheel = TimerWheel<String>()
        _ = wheel.start("late", at: .at(3), now: .at(100.2))
        #expect(wheel.nextDeadline == .at(101))
        #expect(wheel.removeDue(at: .at(101)) == ["late"])
    }

    @Test("a ring that stood still for days is turned on before it is used")
    func idle() {
        var wheel = TimerWheel<String>()
        _ = wheel.start("a", at: .at(20), now: .at(10))
        #expect(wheel.removeDue(at: .at(500_000)) == ["a"])
        _ = wheel.start("b", at: .at(1_000_000 + 3600), now: .at(1_000_000))
        #expect(wheel.nextDeadline == .at(1_003_600))
    }

    @Test("no instant traps", arguments: [Int64.min, -1, 0, 1, .max], [Int64.min, -1, 0, 1, .max])
    func extremes(deadline: Int64, now: Int64) {
        var wheel = TimerWheel<Int>()
        let (deadline, now) = (Instant(nanoseconds: deadline), Instant(nanoseconds: now))
        let timer = wheel.start(1, at: deadline, now: now)
        wheel.move(timer, to: now, now: deadline)
        wheel.bringForward(timer, to: deadline, now: now)
        _ = wheel.nextDeadline
        let early = wheel.removeDue(at: now)
        let late = wheel.removeDue(at: Instant(nanoseconds: .max))
        #expect((early + late + wheel.removeDue(at: Instant(nanoseconds: .max))).count <= 1)
    }
}
