/// A block of addresses that share a prefix, as `192.0.2.0/24` or `2001:db8::/32` (RFC 4632 §3.1, RFC 4291 §2.3).
public struct CIDRBlock: Hashable, Sendable {
    /// The first address of the block: bits behind the prefix are zero.
    public let base: IPAddress
    /// Leading bits that every address of the block shares: 0...32 or 0...128.
    public let prefixLength: Int

    /// The block of `prefixLength` bits around `address`; nil when the family has fewer bits.
    public init?(containing address: IPAddress, prefixLength: Int) {
        switch address {
        case .v4(let bits):
            guard (0...32).contains(prefixLength) else { return nil }
            base = .v4(bits & Self.mask32(prefixLength))
        case .v6(let high, let low):
            guard (0...128).contains(prefixLength) else { return nil }
            base = .v6(
                high & Self.mask64(min(prefixLength, 64)), low & Self.mask64(max(prefixLength - 64, 0)))
        }
        self.prefixLength = prefixLength
    }

    public func contains(_ address: IPAddress) -> Bool {
        switch (base, address) {
        case (.v4(let block), .v4(let bits)):
            return bits & Self.mask32(prefixLength) == block
        case (.v6(let high, let low), .v6(let bitsHigh, let bitsLow)):
            return bitsHigh & Self.mask64(min(prefixLength, 64)) == high
                && bitsLow & Self.mask64(max(prefixLength - 64, 0)) == low
        case (.v4, .v6), (.v6, .v4):
            return false
        }
    }

    private static func mask32(_ length: Int) -> UInt32 { length == 0 ? 0 : ~0 << (32 - UInt32(length)) }
    private static func mask64(_ length: Int) -> UInt64 { length == 0 ? 0 : ~0 << (64 - UInt64(length)) }
}

extension CIDRBlock: LosslessStringConvertible {
    /// Reads `10.0.0.0/8`, or a lone address as the block of itself. Bits behind the prefix must be
    /// zero: `10.1.2.3/8` is more likely a slip than a wish, and is refused.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        var length = address.family.octetCount * 8
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let written = Int(parts[1])
            else { return nil }
            length = written
        }
        self.init(containing: address, prefixLength: length)
        guard base == address else { return nil }
    }

    public var description: String { "\(base)/\(prefixLength)" }
}
