import NetPrimitives

/// When a request is sent again (RFC 6887 §8.1.1).
package struct PCPRetransmission: Sendable {
    /// IRT: "Initial retransmission time, SHOULD be 3 seconds".
    package static let initial = Duration.seconds(3)
    /// MRT: "Maximum retransmission time, SHOULD be 1024 seconds".
    package static let maximum = Duration.seconds(1024)

    private var interval: Duration

    /// The first request leaves now.
    package init(using random: inout some RandomNumberGenerator) {
        interval = Self.jittered(Self.initial, &random)
    }

    /// How long the request that has just left is waited for; the next one is waited for twice as long.
    package mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        defer { interval = Self.jittered(min(interval * 2, Self.maximum), &random) }
        return interval
    }

    /// RAND: "between -0.1 and +0.1".
    private static func jittered(_ duration: Duration, _ random: inout some RandomNumberGenerator) -> Duration {
        duration + duration * Int64.random(in: -100...100, using: &random) / 1000
    }
}
