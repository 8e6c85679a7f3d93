import NetPrimitives
import Relay
import Synchronization

/// The limits that hold now, for connections of any event loop.
final class CurrentTrafficLimits: Sendable {
    private let limits: Mutex<TrafficLimits>

    init(_ limits: TrafficLimits) { self.limits = Mutex(limits) }

    var value: TrafficLimits { limits.withLock { $0 } }
    func set(_ limits: TrafficLimits) { self.limits.withLock { $0 = limits } }
}

/// What the connections of a TCP allocation may carry: bytes alone, as a stream has no packets of ours. What is too
/// much waits at the sender. Used by any thread.
struct StreamTraffic: Sendable {
    let allocation: TrafficBudget
    let user: TrafficBudget
    let total: TrafficBudget
    let limits: CurrentTrafficLimits

    /// Counts bytes that were read; how long nothing more may be, nil when that is now.
    func pause(after count: Int, at now: Instant) -> Duration? {
        // An invitation's user has no TCP allocation.
        let limits = limits.value
        let wait = max(
            allocation.charge(count, limits.perAllocation, at: now), user.charge(count, limits.perUser, at: now),
            total.charge(count, limits.total, at: now))
        return wait > .zero ? wait : nil
    }
}
