/// Times in nanoseconds, counted in buckets 1/32 wide of their power of two: quantiles are right to 3 %.
struct Histogram {
    private static let fraction = 5
    private var buckets = [UInt32](repeating: 0, count: 64 << fraction)
    private(set) var count = 0

    mutating func record(_ nanoseconds: Int64) {
        let value = UInt64(max(nanoseconds, 1 << Self.fraction))
        let exponent = 63 - value.leadingZeroBitCount
        let mantissa = Int(value >> UInt64(exponent - Self.fraction)) & (1 << Self.fraction - 1)
        buckets[exponent << Self.fraction | mantissa] += 1
        count += 1
    }

    /// Nanoseconds that a share (0...1) of the times does not exceed; 0 when there are none.
    func quantile(_ share: Double) -> Int64 {
        var rest = Int((Double(count) * share).rounded(.up))
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            rest -= Int(bucket)
            if rest <= 0 {
                let exponent = UInt64(index >> Self.fraction)
                let mantissa = UInt64(index & (1 << Self.fraction - 1) | 1 << Self.fraction)
                return Int64(mantissa << (exponent - UInt64(Self.fraction)))
            }
        }
        return 0
    }
}
