import NetPrimitives
import Relay
@testable import RelayService
import Testing

@Suite("StreamTraffic")
struct StreamTrafficTests {
    @Test("whoever pauses as long as is said keeps to the slowest of the limits, with everybody who shares it")
    func pauses() {
        var limits = TrafficLimits.none
        limits.perUser.bytes = 1000
        let current = CurrentTrafficLimits(limits)
        let (user, total) = (TrafficBudget(), TrafficBudget())
        let streams = (0..<2).map { _ in StreamTraffic(allocation: TrafficBudget(), user: user, total: total, limits: current) }
        #expect(streams[0].pause(after: 900, at: .zero) == nil)
        #expect(streams[1].pause(after: 100, at: .zero) == nil)
        #expect(streams[1].pause(after: 500, at: .zero) == .milliseconds(500))
        #expect(streams[0].pause(after: 500, at: .zero + .milliseconds(500)) == .milliseconds(500))
        limits.total.bytes = 100
        current.set(limits)
        #expect(streams[0].pause(after: 200, at: .zero + .seconds(10)) == .seconds(1))
        limits.perAllocation.bytes = 10
        current.set(limits)
        #expect(streams[0].pause(after: 100, at: .zero + .seconds(20)) == .seconds(9))
        #expect(streams[1].pause(after: 5, at: .zero + .seconds(20)) == .milliseconds(50), "the allocation is another")
        current.set(.none)
        #expect(streams[1].pause(after: 1_000_000, at: .zero + .seconds(30)) == nil)
    }
}
