import NetPrimitives
@testable import Relay
@testable import RelayService
import Testing

@Suite("StreamTraffic")
struct StreamTrafficTests {
    private func limits(_ change: (inout TrafficLimits) -> Void) -> TrafficLimits {
        var limits = TrafficLimits.none
        change(&limits)
        return limits
    }

    private func streams(_ count: Int, _ limits: CurrentTrafficLimits, total: TrafficBudget = TrafficBudget()) -> [StreamTraffic] {
        let user = TrafficBudget()
        return (0..<count).map { _ in
            StreamTraffic(allocation: TrafficBudget(), user: user, total: total, limits: limits)
        }
    }

    @Test("what passes keeps to the slowest of the limits, with everybody who shares it; a second's worth is free", arguments: 0..<3)
    func slowest(which: Int) {
        let limits = limits {
            switch which {
            case 0: $0.perAllocation.bytes = 100_000
            case 1: $0.perUser.bytes = 100_000
            default: $0.total.bytes = 100_000
            }
        }
        let streams = streams(2, CurrentTrafficLimits(limits))
        var admitted = [0, 0]
        for step in 0...1000 {
            let now = Instant.zero + .milliseconds(step * 10)
            for (index, stream) in streams.enumerated() { admitted[index] += stream.admits(upTo: 65_536, at: now) }
        }
        let most = 1_100_000 + StreamTraffic.smallestPiece
        let held = which == 0 ? admitted : [admitted[0] + admitted[1]]
        for count in held { #expect((1_100_000...most).contains(count)) }
    }

    @Test("without limits everything passes, whatever was owed under those that there were")
    func unlimited() {
        let current = CurrentTrafficLimits(limits { $0.perUser.bytes = 1 })
        let stream = streams(1, current)[0]
        #expect(stream.admits(upTo: 65_536, at: .zero) == StreamTraffic.smallestPiece)
        #expect(stream.admits(upTo: 65_536, at: .zero) == 0)
        current.set(.none)
        #expect(stream.admits(upTo: 1_000_000, at: .zero) == 1_000_000)
    }

    @Test("what one limit refuses is not counted by the others")
    func refusedIsFree() {
        let current = CurrentTrafficLimits(limits { $0.perAllocation.bytes = 100_000; $0.total.bytes = 1000 })
        let stream = streams(1, current)[0]
        #expect(stream.admits(upTo: 65_536, at: .zero) == StreamTraffic.smallestPiece)
        for _ in 0..<1000 { #expect(stream.admits(upTo: 65_536, at: .zero) == 0) }
        current.set(limits { $0.perAllocation.bytes = 100_000 })
        #expect(stream.admits(upTo: 80_000, at: .zero) == 80_000)
    }

    @Test("however many streams share a limit with packets, these have to wait for no more than for a packet")
    func packets() {
        let limits = limits { $0.total.bytes = 100_000 }
        let total = TrafficBudget()
        let streams = streams(2000, CurrentTrafficLimits(limits), total: total)
        let meters = TrafficMeters(total: total, limits: limits)
        let meter = meters.open(for: "bob") { TrafficBudget() }
        let passed = streams.reduce(0) { $0 + $1.admits(upTo: 65_536, at: .zero) }
        #expect(passed <= 100_000 + StreamTraffic.smallestPiece)
        #expect(!meters.admits(meter, bytes: 1000, at: 0))
        #expect(meters.admits(meter, bytes: 1000, at: Duration.milliseconds(15).nanoseconds), "1,500 bytes' time later")
    }
}
