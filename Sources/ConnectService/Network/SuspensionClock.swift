import NetPrimitives

/// Notices that this computer was suspended, by two clocks of which only one stood still meanwhile. For computers on which
/// nobody tells programs of it.
struct SuspensionClock: Sendable {
    private var ahead: Duration
    /// Two clocks are not read in the same instant; a suspension that is shorter is an outage like others.
    private static let least = Duration.seconds(2)

    init(monotonic: Instant, boot: Instant) { ahead = boot - monotonic }

    /// Looks at the clocks: CLOCK_MONOTONIC, and CLOCK_BOOTTIME, which goes on in a suspension.
    ///
    /// - Returns: whether the computer was suspended since the last time.
    mutating func hasSlept(monotonic: Instant, boot: Instant) -> Bool {
        let before = ahead
        ahead = boot - monotonic
        return ahead - before >= Self.least
    }
}
