/// What packets cost at a rate: the time that a line of that rate takes for them, in nanoseconds.
struct TrafficPrice: BitwiseCopyable {
    /// Binary places of a byte's price: at 100 GB/s it has five digits still, and at 1 byte/s 64 KiB do not overflow.
    private static let fraction: Int64 = 12

    private var byte: Int64
    let packet: Int64

    init(_ rate: TrafficLimits.Rate) {
        byte = rate.bytes > 0 ? (1_000_000_000 << Self.fraction) / Int64(rate.bytes) : 0
        packet = rate.packets > 0 ? 1_000_000_000 / Int64(rate.packets) : 0
    }

    var limitsBytes: Bool { byte != 0 }
    var limitsPackets: Bool { packet != 0 }

    func bytes(_ count: Int) -> Int64 { (Int64(count) &* byte) >> Self.fraction }
}
