/// The 96 bits that pair a response with its request (RFC 8489 §5).
public struct TransactionID: Hashable, Sendable {
    private let high: UInt32
    private let low: UInt64

    /// A fresh one. RFC 8489 §5 wants it cryptographically random: tests alone pass a seeded generator.
    public init(using random: inout some RandomNumberGenerator) {
        high = UInt32.random(in: .min ... .max, using: &random)
        low = UInt64.random(in: .min ... .max, using: &random)
    }

    /// Twelve octets off the wire; nil for any other count.
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 12 else { return nil }
        high = octets.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        low = octets.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    public var octets: [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: high >> (24 - 8 * $0)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
    }
}

extension TransactionID: LosslessStringConvertible {
    /// Reads 24 hexadecimal digits, as `description` writes them.
    public init?(_ text: String) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 24, text.utf8.count == 24 else { return nil }
        self.init(octets: stride(from: 0, to: 24, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    public var description: String {
        octets.map { String($0 >> 4, radix: 16) + String($0 & 0xF, radix: 16) }.joined()
    }
}
