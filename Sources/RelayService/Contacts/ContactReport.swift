import Rendezvous

/// What the switchboard says of itself when it is asked.
struct ContactReport: Sendable {
    var counters = SwitchboardCounters()
    var connections = 0
    /// People who are there.
    var present = 0
    var calls = 0
}
