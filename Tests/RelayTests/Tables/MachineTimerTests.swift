import NetPrimitives
@testable import Relay
import TestSupport
import Testing

/// Random operations, and after each a look at every timer.
@Suite("RelayMachine's timers, under random operations")
struct MachineTimerTests {
    @Test("nothing ends before its timer goes off, and no timer is left over", arguments: 1...20 as ClosedRange<UInt64>)
    func timers(seed: UInt64) throws {
        var run = RandomOperations(SplitMix64(seed: seed))
        for _ in 0..<400 {
            run.step()
            run.machine.handleTimeout(at: run.now)
            let machine = run.machine
            var deadlines: [Instant] = []
            for index in machine.allocations.indices {
                let allocation = try #require(machine.allocations[index])
                let deadline = try #require(machine.timers.deadline(of: allocation.timer), "seed \(seed)")
                #expect(deadline < allocation.nextExpiry + .seconds(1), "seed \(seed)")
                deadlines.append(deadline)
                #expect(machine.allocations.index(of: allocation.client) == index, "seed \(seed)")
                for address in allocation.relayed.all where address.expiresAt > run.now {
                    #expect(machine.allocations.index(of: address.port, at: run.now) == index, "seed \(seed)")
                }
            }
            for (_, connection) in machine.peerConnections.all {
                guard let timer = connection.timer else { continue }
                deadlines.append(try #require(machine.timers.deadline(of: timer), "seed \(seed)"))
            }
            #expect(machine.timers.count == deadlines.count, "seed \(seed)")
            #expect(machine.nextDeadline == deadlines.min(), "seed \(seed)")
            #expect(deadlines.allSatisfy { $0 > run.now }, "seed \(seed)")
        }
    }
}
