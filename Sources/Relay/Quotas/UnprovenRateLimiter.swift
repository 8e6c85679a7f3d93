public import NetPrimitives

/// Bounds how often addresses that have not proven themselves are answered: so many times per second and
/// source prefix (/24, /56), whoever claims to be there.
///
/// The table has a fixed size. Prefixes that fall into one slot share its budget, and a secret seed keeps
/// others from choosing their slot; so nothing is evicted and nothing can be made to grow.
public struct UnprovenRateLimiter: Sendable {
    /// 64 KiB in all.
    public static let slotCount = 4096

    private struct Slot: Sendable {
        var second: Int64 = .min
        var count: UInt32 = 0
    }

    private let limit: UInt32
    private let seed: UInt64
    private var slots: [Slot]

    /// - Parameters:
    ///   - limit: answers per second and prefix; 0: no bound.
    ///   - seed: secret.
    public init(limit: Int, seed: UInt64) {
        self.limit = UInt32(clamping: limit)
        self.seed = seed
        slots = limit > 0 ? Array(repeating: Slot(), count: Self.slotCount) : []
    }

    /// Counts a request; false when it is to stay without an answer.
    public mutating func admits(_ source: IPAddress, at now: Instant) -> Bool {
        guard limit > 0 else { return true }
        let index = Int(Self.mix(Self.prefix(of: source) ^ seed) % UInt64(Self.slotCount))
        let second = now.nanoseconds / 1_000_000_000
        if slots[index].second != second { slots[index] = Slot(second: second) }
        guard slots[index].count < limit else { return false }
        slots[index].count += 1
        return true
    }

    /// The 24 or 56 bits that a source cannot easily change; the families do not collide, as IPv6's
    /// prefix ends in eight zero bits.
    private static func prefix(of address: IPAddress) -> UInt64 {
        switch address.neighbourhood {
        case .v4(let bits): UInt64(bits) | 4
        case .v6(let high, _): high
        }
    }

    /// The finalizer of SplitMix64: every bit of the input moves every bit of the output.
    private static func mix(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
