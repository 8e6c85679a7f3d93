/// Where an invitation waits at its relay: 30 bits, six Crockford symbols. Public, and no proof of anything.
public struct Lookup: Hashable, Sendable {
    public static let symbolCount = 6

    /// The six symbols in canonical form.
    public let text: String

    init(symbols: some Collection<UInt8>) {
        precondition(symbols.count == Self.symbolCount)
        text = CrockfordBase32.text(symbols)
    }

    /// Reads six symbols, forgiving case and look-alikes; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.symbolCount else { return nil }
        let symbols = text.compactMap(CrockfordBase32.value(of:))
        guard symbols.count == Self.symbolCount else { return nil }
        self.init(symbols: symbols)
    }

    public static func random(using random: inout some RandomNumberGenerator) -> Lookup {
        Lookup(symbols: (0..<symbolCount).map { _ in UInt8.random(in: 0..<32, using: &random) })
    }
}

extension Lookup: CustomStringConvertible {
    public var description: String { text }
}
