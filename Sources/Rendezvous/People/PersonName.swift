/// The name that a person has at a relay, the part before the `@`: unique there, and readable aloud.
///
/// 2 to 32 characters of lower-case ASCII letters, digits, `.`, `-` and `_`, the first and last of which are a letter or a digit.
/// Upper case is forgiven, and look-alikes of other scripts cannot occur.
public struct PersonName: Hashable, Sendable {
    public let text: String

    /// Nil for what is no name.
    public init?(_ text: some StringProtocol) {
        let bytes = text.lowercased().utf8
        guard (2...32).contains(bytes.count), bytes.allSatisfy({ Self.isAlphanumeric($0) || [0x2D, 0x2E, 0x5F].contains($0) }),
            let first = bytes.first, let last = bytes.last, Self.isAlphanumeric(first), Self.isAlphanumeric(last)
        else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension PersonName: CustomStringConvertible {
    public var description: String { text }
}
