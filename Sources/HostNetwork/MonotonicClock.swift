import Glibc
public import NetPrimitives

/// The clock that a program's machines are driven by.
public enum MonotonicClock {
    /// CLOCK_MONOTONIC: never set, stops while the machine is suspended.
    public static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
