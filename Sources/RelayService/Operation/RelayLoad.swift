import NetPrimitives
import Relay
import Rendezvous

/// Who would notice the end of a relay: what a drain waits for.
struct RelayLoad: Hashable, Sendable {
    /// Those that live.
    var allocations: UInt64
    /// Allocations that came to their end, since the start of the relay.
    var allocationsEnded: UInt64
    /// Helper and sharer who are connected through the rendezvous. A sharer who waits for nobody yet is not among them.
    var meetings: UInt64

    var isNone: Bool { allocations == 0 && meetings == 0 }

    init(_ report: WorkerReport, _ meetings: MeetingReport) {
        allocations = report.allocations.total
        allocationsEnded = report.counters.allocationsEnded.total
        self.meetings = meetings.stages.total
    }
}
