import CLinuxNet
import NetPrimitives

/// The time of the threads that talk to routers, and their sleep.
enum RouterClock {
    /// CLOCK_MONOTONIC: never set, stops while the machine is suspended.
    static func now() -> Instant { Instant(nanoseconds: ra_monotonic_nanoseconds()) }

    /// Until `deadline`, or until the descriptor can be read.
    static func sleep(until deadline: Instant, orReadable descriptor: Int32) {
        let left = max((deadline - now()).milliseconds, 0) + 1
        _ = ra_wait_readable([descriptor], 1, Int32(clamping: left))
    }
}
