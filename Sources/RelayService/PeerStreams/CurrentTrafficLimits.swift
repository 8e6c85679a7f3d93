import Relay
import Synchronization

/// The limits that hold now, for connections of any event loop.
final class CurrentTrafficLimits: Sendable {
    private let limits: Mutex<TrafficLimits>

    init(_ limits: TrafficLimits) { self.limits = Mutex(limits) }

    var value: TrafficLimits { limits.withLock { $0 } }
    func set(_ limits: TrafficLimits) { self.limits.withLock { $0 = limits } }
}
