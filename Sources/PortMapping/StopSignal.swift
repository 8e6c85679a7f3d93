import Foundation
import NetPrimitives

/// A bell that wakes a sleeping thread for good.
package final class StopSignal: Sendable {
    // The condition guards `isSet`; both are touched by any thread.
    private let condition = NSCondition()
    nonisolated(unsafe) private var isRung = false

    package init() {}

    package var isSet: Bool { condition.withLock { isRung } }

    package func set() {
        condition.withLock {
            isRung = true
            condition.broadcast()
        }
    }

    /// Sleeps for `duration` or until the bell rings; true when it rang.
    package func wait(for duration: Duration) -> Bool {
        let wake = Date(timeIntervalSinceNow: Double(duration.nanoseconds) / 1e9)
        return condition.withLock {
            while !isRung, condition.wait(until: wake) {}
            return isRung
        }
    }
}
