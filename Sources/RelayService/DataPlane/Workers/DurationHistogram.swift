import NetPrimitives

/// How long something took, sorted into a few classes.
struct DurationHistogram: Hashable, Sendable {
    /// Upper bounds in seconds, each about three times the one before: from a fast answer on a quiet machine to one
    /// that a client has sent its request again for.
    static let bounds = [0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1]

    /// One for each bound, then one for all that took longer; not cumulative.
    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sumSeconds = 0.0

    var count: UInt64 { counts.reduce(0, &+) }

    mutating func record(_ duration: Duration) {
        let seconds = Double(duration.nanoseconds) / 1e9
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] &+= 1
        sumSeconds += seconds
    }

    static func += (left: inout DurationHistogram, right: DurationHistogram) {
        for index in left.counts.indices { left.counts[index] &+= right.counts[index] }
        left.sumSeconds += right.sumSeconds
    }
}
