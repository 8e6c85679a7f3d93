public import NetPrimitives

/// A path in virtual time that loses, repeats and reorders datagrams, by a seeded generator.
public struct LossyLink {
    public enum End: Hashable, Sendable { case left, right }

    public struct Quality: Sendable {
        public var lossPercent: Int
        public var duplicatePercent: Int
        public var delay: Duration
        /// Up to so much more delay for each datagram: more than the spacing of datagrams reorders them.
        public var jitter: Duration

        public init(
            lossPercent: Int = 0, duplicatePercent: Int = 0, delay: Duration = .milliseconds(10), jitter: Duration = .zero
        ) {
            self.lossPercent = lossPercent
            self.duplicatePercent = duplicatePercent
            self.delay = delay
            self.jitter = jitter
        }
    }

    public var quality: Quality
    /// Every datagram that was sent, before the link did anything to it; kept when asked for.
    public var keepsTrace = false
    public private(set) var trace: [(to: End, datagram: [UInt8])] = []
    /// The newest datagram to each end.
    public private(set) var newest: [End: [UInt8]] = [:]
    /// Bytes of the largest.
    public private(set) var largest = 0
    private var random: SplitMix64
    private var flying: [(arrival: Instant, to: End, datagram: [UInt8])] = []

    public init(seed: UInt64, quality: Quality) {
        random = SplitMix64(seed: seed)
        self.quality = quality
    }

    public var nextArrival: Instant? { flying.map(\.arrival).min() }

    public mutating func send(_ datagram: [UInt8], to end: End, at now: Instant) {
        largest = max(largest, datagram.count)
        newest[end] = datagram
        if keepsTrace { trace.append((end, datagram)) }
        guard Int.random(in: 0..<100, using: &random) >= quality.lossPercent else { return }
        let copies = Int.random(in: 0..<100, using: &random) < quality.duplicatePercent ? 2 : 1
        for _ in 0..<copies {
            let extra = Int64.random(in: 0...max(0, quality.jitter.nanoseconds), using: &random)
            flying.append((now + quality.delay + .nanoseconds(extra), end, datagram))
        }
    }

    /// The datagrams that have arrived, earliest first.
    public mutating func arrivals(at now: Instant) -> [(to: End, datagram: [UInt8])] {
        let arrived = flying.enumerated().filter { $0.element.arrival <= now }
            .sorted { ($0.element.arrival, $0.offset) < ($1.element.arrival, $1.offset) }
        flying.removeAll { $0.arrival <= now }
        return arrived.map { ($0.element.to, $0.element.datagram) }
    }
}
