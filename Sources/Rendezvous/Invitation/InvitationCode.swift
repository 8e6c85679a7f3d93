/// An invitation that can be spoken: `XXXXXX-XXXXXX`, six symbols of look-up, five of secret, one check.
public struct InvitationCode: Sendable, Equatable {
    public static let symbolCount = 12

    public let lookup: Lookup
    /// Of kind `code`.
    public let key: InvitationKey

    public init(lookup: Lookup, key: InvitationKey) {
        precondition(key.kind == .code, "a code holds a code's secret")
        self.lookup = lookup
        self.key = key
    }

    /// Reads a code as people type and paste it: any case, `O` for `0`, `I` and `L` for `1`, hyphens,
    /// dashes and spaces anywhere or nowhere.
    public init(parsing text: String) throws(InvitationError) {
        guard text.utf8.count <= 256 else { throw .wrongLength(text.utf8.count) }
        let characters = text.filter { !Self.isFiller($0) }
        var symbols: [UInt8] = []
        for (index, character) in characters.enumerated() {
            guard let symbol = CrockfordBase32.value(of: character) else {
                throw .invalidCharacter(character, position: index + 1)
            }
            symbols.append(symbol)
        }
        guard symbols.count == Self.symbolCount else { throw .wrongLength(symbols.count) }
        guard CheckSymbol.of(symbols[..<11]) == symbols[11] else { throw .checkFailed }
        lookup = Lookup(symbols: symbols[..<6])
        key = InvitationKey(kind: .code, symbols: Array(symbols[6..<11]))
    }

    /// The code in clear, for the person who invites: whoever reads it can use it.
    public var exposedText: String {
        let body = lookup.text + key.exposedText
        let check = CrockfordBase32.text([CheckSymbol.of(body.compactMap(CrockfordBase32.value(of:)))])
        return "\(body.prefix(6))-\(body.dropFirst(6))\(check)"
    }

    private static func isFiller(_ character: Character) -> Bool {
        character.isWhitespace
            || character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .dashPunctuation }
    }
}

extension InvitationCode: CustomStringConvertible {
    /// The look-up alone: a log may hold it.
    public var description: String { "\(lookup)-<redacted>" }
}
