/// What two people compare of a key by telephone: the first 15 bytes of its SHA-256, in Crockford's base 32 in six groups of four.
public struct KeyFingerprint: Hashable, Sendable {
    /// 120 bits: to find another key with the same ones takes nobody less than 2^120 attempts.
    private static let size = 15

    private let bytes: [UInt8]

    public init(_ key: PersonKey) { bytes = Array(Digest.sha256(key.bytes).prefix(Self.size)) }

    /// Reads what `text` writes; case, look-alikes, hyphens and spaces are forgiven. Nil for what is no fingerprint.
    public init?(_ text: some StringProtocol) {
        let symbols = String(text.filter { $0 != "-" && $0 != " " })
        guard let bytes = CrockfordBase32.decode(symbols, count: Self.size) else { return nil }
        self.bytes = bytes
    }

    public var text: String {
        let symbols = Array(CrockfordBase32.encode(bytes))
        return stride(from: 0, to: symbols.count, by: 4).map { String(symbols[$0..<min($0 + 4, symbols.count)]) }.joined(separator: "-")
    }
}

extension KeyFingerprint: CustomStringConvertible {
    public var description: String { text }
}
