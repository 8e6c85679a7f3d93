import CLinuxNet
package import NetPrimitives

/// The time of the threads that talk to routers, and their sleep.
package enum RouterClock {
    /// CLOCK_BOOTTIME: never set, and goes on while the machine is suspended, as the router's time does.
    package static func now() -> Instant { Instant(nanoseconds: ra_boottime_nanoseconds()) }

    /// Until `deadline`, or until the descriptor can be read.
    static func sleep(until deadline: Instant, orReadable descriptor: Int32) {
        let left = max((deadline - now()).milliseconds, 0) + 1
        _ = ra_wait_readable([descriptor], 1, Int32(clamping: left))
    }
}
