import NetPrimitives
@testable import Relay
import TestSupport
import Testing

/// Meters of one worker or several, asked in virtual time.
@Suite("TrafficMeters")
struct TrafficMetersTests {
    /// Workers of one process, with what they share.
    private struct Process {
        let workers: [TrafficMeters]
        var budgets = TrafficBudgets()

        init(_ limits: TrafficLimits, workers count: Int = 1) {
            let total = TrafficBudget()
            workers = (0..<count).map { _ in TrafficMeters(total: total, limits: limits) }
        }

        mutating func open(_ user: String, on worker: Int = 0, at now: Instant = .zero) -> TrafficMeter {
            workers[worker].open(for: user) { budgets.take(user, at: now) }
        }

        mutating func close(_ meter: TrafficMeter, on worker: Int = 0) {
            if let user = workers[worker].close(meter) { budgets.release(user) }
        }
    }

    /// What gets through of what is offered, ten times as often as the rate would have it.
    private func admitted(
        _ bytes: Int, every gap: Duration, from start: Instant = .zero, for duration: Duration,
        _ meters: [(TrafficMeters, TrafficMeter)]
    ) -> Int {
        var (now, count) = (start, 0)
        while now < start + duration {
            for (worker, meter) in meters where worker.admits(meter, bytes: bytes, at: now.nanoseconds) { count += 1 }
            now += gap
        }
        return count
    }

    private func limits(_ change: (inout TrafficLimits) -> Void) -> TrafficLimits {
        var limits = TrafficLimits.none
        change(&limits)
        return limits
    }

    @Test("an allocation is held to its bytes: a second's worth at once, then the rate", arguments: [100, 1000, 1500, 65_507])
    func allocationBytes(size: Int) {
        var process = Process(limits { $0.perAllocation.bytes = 1_000_000 })
        let meter = process.open("alice")
        let count = admitted(size, every: .nanoseconds(Int64(size) * 100), for: .seconds(10), [(process.workers[0], meter)])
        // One packet more than the second's worth, and each price is rounded to a nanosecond.
        #expect(abs(count - 11_000_000 / size) <= max(2, count / 500), "\(count)")
    }

    @Test("an allocation is held to its packets, empty ones too")
    func allocationPackets() {
        var process = Process(limits { $0.perAllocation.packets = 1000 })
        let meter = process.open("alice")
        #expect(abs(admitted(0, every: .microseconds(100), for: .seconds(10), [(process.workers[0], meter)]) - 11_000) <= 2)
    }

    @Test("without a bound everything goes")
    func unbounded() {
        var process = Process(.none)
        let meter = process.open("alice")
        #expect(admitted(65_507, every: .nanoseconds(1), for: .microseconds(100), [(process.workers[0], meter)]) == 100_000)
    }

    @Test("a refused packet costs nothing: who offers a hundred times too much still has the rate")
    func refusedIsFree() {
        var process = Process(limits { $0.perAllocation.bytes = 100_000; $0.perUser.packets = 100 })
        let meter = process.open("alice")
        let count = admitted(1000, every: .microseconds(100), for: .seconds(10), [(process.workers[0], meter)])
        #expect(abs(count - 1100) <= 2)
    }

    @Test("a user's allocations share a limit, on one worker and on several, to within a slice and a packet of each", arguments: [1, 2, 8])
    func user(workers: Int) {
        var process = Process(limits { $0.perUser = .init(bytes: 1_000_000, packets: 0) }, workers: workers)
        let meters = (0..<16).map { (process.workers[$0 % workers], process.open("alice", on: $0 % workers)) }
        let others = [(process.workers[0], process.open("bob"))]
        let count = admitted(500, every: .milliseconds(1), for: .seconds(10), meters)
        let slices = workers * (1_000_000 * Int(TrafficMeters.slice) / 1_000_000_000 / 500 + 2)
        #expect(count >= 22_000 - slices && count <= 22_000 + slices, "\(count)")
        #expect(admitted(500, every: .microseconds(500), for: .seconds(1), others) == 2000, "bob's is another's")
    }

    @Test("who pauses gets no more than a second's worth for it")
    func pause() {
        var process = Process(limits { $0.perUser = .init(bytes: 0, packets: 1000) }, workers: 2)
        let meters = (0..<2).map { (process.workers[$0], process.open("alice", on: $0)) }
        _ = admitted(1, every: .microseconds(500), for: .seconds(3), meters)
        let count = admitted(1, every: .microseconds(1), from: .at(1000), for: .milliseconds(10), meters)
        #expect(abs(count - 1010) <= 2 * (4 + 2), "\(count)")
    }

    @Test("everybody shares the total")
    func total() {
        var process = Process(limits { $0.total = .init(bytes: 0, packets: 1000) }, workers: 2)
        let meters = (0..<20).map { (process.workers[$0 % 2], process.open("user \($0)", on: $0 % 2)) }
        #expect(abs(admitted(100, every: .milliseconds(10), for: .seconds(10), meters) - 11_000) <= 2 * 6)
    }

    @Test("an invitation has a limit of its own")
    func invitation() {
        var process = Process(limits { $0.perUser.packets = 1000; $0.perInvitation.packets = 100 })
        let meters = ["alice", "i-12345"].map { [(process.workers[0], process.open($0))] }
        #expect(abs(admitted(1, every: .microseconds(500), for: .seconds(10), meters[0]) - 11_000) <= 6)
        #expect(abs(admitted(1, every: .microseconds(500), for: .seconds(10), meters[1]) - 1100) <= 3)
    }

    @Test("other limits hold for the next packet, and what was used before counts at the new rate")
    func reload() {
        var process = Process(limits { $0.perUser.packets = 10; $0.perAllocation.packets = 20 })
        let meters = [(process.workers[0], process.open("alice"))]
        #expect(abs(admitted(1, every: .milliseconds(1), for: .seconds(10), meters) - 110) <= 2)
        process.workers[0].setLimits(limits { $0.perUser.packets = 100 }, at: .at(10))
        // The last packet of the old rate may have been paid in part: a tenth of a second of it is ten packets of the new one.
        #expect(abs(admitted(1, every: .milliseconds(1), from: .at(10), for: .seconds(10), meters) - 1000) <= 12)
        process.workers[0].setLimits(.none, at: .at(20))
        #expect(admitted(1, every: .milliseconds(1), from: .at(21), for: .seconds(10), meters) == 10_000)
    }

    @Test("where limits are raised, nobody waits for what was used under them", arguments: 0..<3)
    func raised(which: Int) {
        func limits(_ rate: TrafficLimits.Rate) -> TrafficLimits {
            self.limits {
                switch which {
                case 0: $0.perAllocation = rate
                case 1: $0.perUser = rate
                default: $0.total = rate
                }
            }
        }
        // By mistake: a packet takes a quarter of an hour.
        var process = Process(limits(.init(bytes: 1, packets: 0)), workers: 2)
        let meters = [(process.workers[0], process.open("alice")), (process.workers[1], process.open("alice", on: 1))]
        #expect(admitted(1000, every: .milliseconds(1), for: .seconds(10), meters) <= 4)
        for (worker, _) in meters { worker.setLimits(limits(.init(bytes: 100_000, packets: 0)), at: .at(10)) }
        #expect(admitted(1000, every: .milliseconds(1), from: .at(10), for: .seconds(2), meters) >= 195)
        // The same ones again forgive nothing.
        let debt = admitted(1000, every: .milliseconds(1), from: .at(12), for: .milliseconds(1), meters)
        for (worker, _) in meters { worker.setLimits(limits(.init(bytes: 100_000, packets: 0)), at: .at(12)) }
        #expect(debt + admitted(1000, every: .milliseconds(1), from: .at(12), for: .milliseconds(1), meters) <= 4)
    }

    @Test("where limits are raised, who was gone for a moment does not wait either")
    func raisedWhileAway() {
        var process = Process(limits { $0.perUser.bytes = 1 })
        let meter = process.open("alice")
        #expect(admitted(1000, every: .milliseconds(1), for: .seconds(1), [(process.workers[0], meter)]) == 2)
        process.close(meter)
        process.workers[0].setLimits(limits { $0.perUser.bytes = 100_000 }, at: .at(10))
        process.budgets.forgive(at: .at(10))
        let again = process.open("alice", at: .at(10))
        #expect(admitted(1000, every: .milliseconds(1), from: .at(10), for: .seconds(2), [(process.workers[0], again)]) >= 95)
    }

    @Test("where limits are taken away, nobody pays for what was used under them", arguments: 0..<3)
    func unlimited(which: Int) {
        let rate = TrafficLimits.Rate(bytes: 100_000, packets: 100)
        var process = Process(
            limits {
                switch which {
                case 0: $0.perAllocation = rate
                case 1: $0.perUser = rate
                default: $0.total = rate
                }
            }, workers: 2)
        let (meter, other) = (process.open("alice"), process.open("alice", on: 1))
        let both = [(process.workers[0], meter), (process.workers[1], other)]
        #expect(admitted(1000, every: .microseconds(100), for: .milliseconds(100), both) < 250)
        for worker in process.workers { worker.setLimits(.none, at: .at(0.1)) }
        let late = process.open("alice", on: 1)
        for (worker, meter) in both + [(process.workers[1], late)] {
            #expect(worker.admits(meter, bytes: 1000, at: Duration.milliseconds(100).nanoseconds))
        }
    }

    @Test("new allocations bring no new second's worth, after the last one was ended either")
    func again() {
        var process = Process(limits { $0.perUser.packets = 100 })
        var count = 0
        for turn in 0..<1000 {
            let now = Instant.zero + .milliseconds(Int64(turn) * 10)
            let meter = process.open("alice", at: now)
            count += admitted(1, every: .milliseconds(1), from: now, for: .milliseconds(10), [(process.workers[0], meter)])
            process.close(meter)
        }
        #expect(abs(count - 1100) <= 2, "\(count)")
        #expect(process.budgets.count == 1)
    }

    @Test("budgets of users that are gone do not stay, and there is a bound for those that were there just now")
    func bounded() {
        var process = Process(limits { $0.perUser.packets = 1 })
        let keeper = process.open("keeper")
        for number in 0..<10_000 {
            process.close(process.open("user \(number)", at: .at(Double(number))))
        }
        #expect(process.budgets.count <= 66)
        for number in 0..<40_000 {
            let meter = process.open("busy \(number)", at: .at(20_000))
            for _ in 0..<10 { _ = process.workers[0].admits(meter, bytes: 1, at: Instant.at(20_000).nanoseconds) }
            process.close(meter)
            #expect(process.budgets.count <= TrafficBudgets.idleLimit + 2)
        }
        process.close(keeper)
    }

    @Test("many meters are each others' strangers, and numbers are used again")
    func many() {
        var process = Process(limits { $0.perAllocation.packets = 1 })
        var meters = (0..<1000).map { process.open("user \($0 % 100)") }
        #expect(Set(meters).count == 1000)
        for meter in meters { #expect(process.workers[0].admits(meter, bytes: 1, at: 0)) }
        for meter in meters[..<500] { process.close(meter) }
        meters[..<500] = ArraySlice((0..<500).map { process.open("other \($0)") })
        #expect(Set(meters).count == 1000)
        func goes(_ meter: TrafficMeter) -> Bool { process.workers[0].admits(meter, bytes: 1, at: 0) }
        #expect(meters[500...].allSatisfy { goes($0) && !goes($0) }, "what they had left: a second's worth and one more")
        #expect(meters[..<500].allSatisfy { goes($0) && goes($0) && !goes($0) }, "a new allocation begins anew")
    }

    @Test("workers on threads of their own take no more than there is")
    func threads() async {
        var process = Process(limits { $0.perUser.packets = 10_000 }, workers: 8)
        let meters = (0..<8).map { (process.workers[$0], process.open("alice", on: $0)) }
        let count = await withTaskGroup(of: Int.self) { group in
            for (worker, meter) in meters {
                group.addTask { (0..<100_000).count { worker.admits(meter, bytes: 1, at: Int64($0) * 10_000) } }
            }
            return await group.reduce(0, +)
        }
        // A second each of 10,000, at times that are not the same for all of them.
        #expect(count <= 20_000 + 8 * 42 && count >= 10_000, "\(count)")
    }
}
