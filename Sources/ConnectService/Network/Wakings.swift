import NetPrimitives

/// Which wakings are new ones: who wakes is told so in more than one way, by the system and by the clocks.
struct Wakings: Sendable {
    /// For so long one waking is told of.
    static let oneWaking = Duration.seconds(5)

    private var last: Instant?

    /// - Parameter boot: CLOCK_BOOTTIME. By CLOCK_MONOTONIC, which stands still in a suspension, hours of sleep that begin right after a
    ///   waking are no time at all.
    mutating func isNew(at boot: Instant) -> Bool {
        if let last, boot - last < Self.oneWaking { return false }
        last = boot
        return true
    }
}
