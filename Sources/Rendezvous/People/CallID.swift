/// A call from one person to another, as one of them or the relay numbers it: 128 random bits. Also the mark of an offer.
public struct CallID: Hashable, Sendable {
    /// 26 Crockford symbols, canonical.
    public let text: String

    /// Reads the 26 symbols; nil for anything else.
    public init?(_ text: String) {
        guard let bytes = CrockfordBase32.decode(text, count: 16) else { return nil }
        self.text = CrockfordBase32.encode(bytes)
    }

    public static func random(using random: inout some RandomNumberGenerator) -> CallID {
        CallID(Secret.random(count: 16, using: &random))
    }

    private init(_ random: Secret) { text = CrockfordBase32.encode(random.exposed) }
}

extension CallID: CustomStringConvertible {
    public var description: String { text }
}
