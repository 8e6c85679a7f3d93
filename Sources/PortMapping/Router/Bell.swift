import CLinuxNet
import NetPrimitives
import Synchronization

/// Wakes a thread that sleeps with its sockets: an eventfd, so that both can be waited for at once.
///
/// What is meant is said elsewhere; a bell that was rung before the thread sleeps wakes it all the same.
package final class Bell: Sendable {
    /// Becomes readable when the bell rings; -1 when the system has none left, then `wait` looks now and then.
    let descriptor: Int32
    /// Without a descriptor there is nothing to wake up by.
    private static let longestDeafness = Duration.milliseconds(100)

    package init() { descriptor = ra_eventfd() }

    deinit { if descriptor >= 0 { ra_close(descriptor) } }

    package func ring() { if descriptor >= 0 { ra_eventfd_signal(descriptor) } }

    /// Sleeps for `duration`, until the bell rings, or until one of `sockets` (-1: none) can be read.
    package func wait(for duration: Duration, or sockets: [Int32] = []) {
        let limit = descriptor >= 0 ? duration : min(duration, Self.longestDeafness)
        let watched = [descriptor] + sockets
        // Up to the next whole millisecond: who wakes too early would only sleep once more.
        let milliseconds = Int32(clamping: max(limit.milliseconds, 0) + 1)
        if ra_wait_readable(watched, Int32(watched.count), milliseconds) & 1 != 0, descriptor >= 0 {
            ra_eventfd_clear(descriptor)
        }
    }
}
