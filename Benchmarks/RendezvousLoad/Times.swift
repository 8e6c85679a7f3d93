import NetPrimitives

/// Times in nanoseconds, in buckets 1/32 of their power of two wide: a quantile is right to 3 %.
struct Times {
    private var buckets = [Int](repeating: 0, count: 64 * 32)
    private(set) var count = 0
    private(set) var longest = Duration.zero

    mutating func record(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        let value = UInt64(max(seconds * 1_000_000_000 + attoseconds / 1_000_000_000, 32))
        let exponent = 63 - value.leadingZeroBitCount
        buckets[exponent << 5 | Int(value >> UInt64(exponent - 5)) & 31] += 1
        count += 1
        longest = max(longest, time)
    }

    /// Milliseconds that a share (0...1) of the times does not exceed; 0 when there are none.
    func milliseconds(_ share: Double) -> Double {
        var rest = Int((Double(count) * share).rounded(.up))
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            rest -= bucket
            // The bucket's upper end.
            if rest <= 0 { return Double(UInt64(index & 31 | 32) + 1) * Double(UInt64(1) << UInt64((index >> 5) - 5)) / 1e6 }
        }
        return 0
    }

    var json: OrderedJSON {
        .object([
            "count": .number(count), "p50_ms": Self.number(milliseconds(0.5)), "p99_ms": Self.number(milliseconds(0.99)),
            "p999_ms": Self.number(milliseconds(0.999)), "longest_ms": Self.number(longest / .milliseconds(1)),
        ])
    }

    private static func number(_ value: Double) -> OrderedJSON { .literal("\((value * 1000).rounded() / 1000)") }
}
