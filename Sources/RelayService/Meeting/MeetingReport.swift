import NetPrimitives
import Rendezvous

/// What the rendezvous says of itself when it is asked.
struct MeetingReport: Sendable {
    var counters = MeetingCounters()
    /// Whose sharer is connected here.
    var invitations = 0
    var stages = Tally<MeetingStage>()
    var storeErrors: UInt64 = 0
}
