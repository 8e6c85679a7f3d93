@testable import RelayService
import Testing

@Suite("ByteBudget")
struct ByteBudgetTests {
    @Test("takes what fits and no more")
    func bound() {
        let budget = ByteBudget(limit: 10)
        #expect(budget.reserve(6))
        #expect(!budget.reserve(5))
        #expect(budget.reserve(4))
        budget.release(6)
        #expect(budget.count == 4)
        #expect(budget.reserve(upTo: 3) == 3)
        #expect(budget.reserve(upTo: 9) == 3)
        #expect(budget.reserve(upTo: 1) == 0)
        #expect(budget.count == 10)
    }

    @Test("what waits for one connection waits for all of them")
    func account() {
        let memory = StreamMemory(limit: 20)
        let account = memory.open(for: nil) {}
        let (first, second) = (ByteBudget(limit: 10, account: account), ByteBudget(limit: 15, account: account))
        #expect(first.reserve(8) && account.count == 8)
        #expect(!first.reserve(3) && account.count == 8)
        #expect(second.reserve(12) && memory.report.held == 20)
        first.release(8)
        #expect((first.count, second.count, memory.report.held) == (0, 12, 12))
        #expect(first.reserve(upTo: 20) == 0, "eight are left, its own limit would grant ten, and nobody holds more")
        #expect(account.isGivenUp && first.count == 0 && !second.reserve(1))
        second.release(12)
        #expect(second.count == 0 && memory.report.held == 0)
    }
}
