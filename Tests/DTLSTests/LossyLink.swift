import NetPrimitives
import TestSupport

/// A path in virtual time that loses, repeats and reorders datagrams, by a seeded generator.
struct LossyLink {
    enum End: Hashable { case left, right }

    struct Quality {
        var lossPercent = 0
        var duplicatePercent = 0
        var delay = Duration.milliseconds(10)
        /// Up to so much more delay for each datagram: more than the spacing of datagrams reorders them.
        var jitter = Duration.zero
    }

    private var random: SplitMix64
    var quality: Quality
    private var flying: [(arrival: Instant, to: End, datagram: [UInt8])] = []
    private(set) var sent = 0
    private(set) var largest = 0

    init(seed: UInt64, quality: Quality) {
        random = SplitMix64(seed: seed)
        self.quality = quality
    }

    var nextArrival: Instant? { flying.map(\.arrival).min() }

    mutating func send(_ datagram: [UInt8], to end: End, at now: Instant) {
        sent += 1
        largest = max(largest, datagram.count)
        guard Int.random(in: 0..<100, using: &random) >= quality.lossPercent else { return }
        let copies = Int.random(in: 0..<100, using: &random) < quality.duplicatePercent ? 2 : 1
        for _ in 0..<copies {
            let extra = Int64.random(in: 0...max(0, quality.jitter.nanoseconds), using: &random)
            flying.append((now + quality.delay + .nanoseconds(extra), end, datagram))
        }
    }

    /// The datagrams that have arrived, earliest first.
    mutating func arrivals(at now: Instant) -> [(to: End, datagram: [UInt8])] {
        let arrived = flying.enumerated().filter { $0.element.arrival <= now }
            .sorted { ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset) }
        flying.removeAll { $0.arrival <= now }
        return arrived.map { ($0.element.to, $0.element.datagram) }
    }
}
