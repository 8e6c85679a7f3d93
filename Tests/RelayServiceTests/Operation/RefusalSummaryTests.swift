import Logging
import NetPrimitives
import Relay
@testable import RelayService
import Testing

@Suite("What is told of refusals")
struct RefusalSummaryTests {
    @Test("nothing when nothing happened, however much there was before")
    func nothing() {
        var counters = RelayCounters()
        counters.refused(.allocate, 486)
        counters.authenticationFailures.count(.credentials, 1000)
        #expect(RefusalSummary(from: counters, to: counters) == nil)
    }

    @Test("a challenge, an old nonce and a few wrong passwords are everyday")
    func everyday() {
        var counters = RelayCounters()
        for _ in 0..<100 { counters.refused(.allocate, 401) }
        counters.authenticationFailures.count(.staleNonce, 100)
        counters.authenticationFailures.count(.credentials, RefusalSummary.manyFailures - 1)
        #expect(RefusalSummary(from: RelayCounters(), to: counters) == nil)
        counters.authenticationFailures.count(.realm)
        #expect(RefusalSummary(from: RelayCounters(), to: counters)?.failures == RefusalSummary.manyFailures)
    }

    @Test("one refusal for want of a quota or of room is enough", arguments: [486, 508])
    func quota(_ code: Int) throws {
        var (before, after) = (RelayCounters(), RelayCounters())
        before.refused(.allocate, code)
        for _ in 0..<3 { after.refused(.allocate, code) }
        let summary = try #require(RefusalSummary(from: before, to: after))
        #expect((summary.byQuota, summary.byCapacity) == (code == 486 ? 2 : 0, code == 508 ? 2 : 0))
        #expect(summary.metadata["refused-\(code)"]?.description == "2")
    }

    @Test("one invitation that was not made is enough")
    func invitations() throws {
        let summary = try #require(RefusalSummary(from: RelayCounters(), to: RelayCounters(), invitations: 1))
        #expect(summary.metadata["invitations"]?.description == "1")
    }
}
