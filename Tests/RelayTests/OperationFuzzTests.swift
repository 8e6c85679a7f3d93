import TestSupport
import Testing

/// Random operations in random order: nothing traps, and after every one the machine's books are right.
@Suite("RelayMachine under random operations")
struct OperationFuzzTests {
    @Test("nothing traps, ports and quotas agree, and in the end nothing is left", arguments: 1...40 as ClosedRange<UInt64>)
    func operations(seed: UInt64) {
        var run = RandomOperations(SplitMix64(seed: seed))
        for _ in 0..<400 where run.complaint == nil { run.step() }
        run.finish()
        #expect(run.complaint == nil, "seed \(seed)")
    }
}
