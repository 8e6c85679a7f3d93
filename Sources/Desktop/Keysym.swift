/// What a key stands for in the X Window System: a character or a function.
///
/// X11 protocol, appendix A: Latin-1 characters are their own keysyms, any other character is 0x01000000 + its code
/// point, and functions such as Return have numbers of their own.
public struct Keysym: Hashable, Sendable, RawRepresentable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The keysym that types a character; nil for control characters that no key types.
    public init?(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x0A, 0x0D: self = .returnKey
        case 0x09: self = .tab
        case 0x08: self = .backspace
        case 0x1B: self = .escape
        case 0x20...0x7E, 0xA0...0xFF: self.init(rawValue: scalar.value)
        case 0...0x1F, 0x7F...0x9F: return nil
        default: self.init(rawValue: 0x0100_0000 + scalar.value)
        }
    }

    /// By name: `Return`, `F5`, `Control_L`, a single character, or `U20AC` for a code point in hexadecimal.
    public init?(named name: String) {
        if let value = Self.namedValues[name] {
            self.init(rawValue: value)
        } else if let scalar = name.unicodeScalars.first, name.unicodeScalars.count == 1 {
            self.init(scalar)
        } else if name.first == "U", (5...7).contains(name.utf8.count), name.dropFirst().allSatisfy(\.isHexDigit),
            let value = UInt32(name.dropFirst(), radix: 16), let scalar = Unicode.Scalar(value)
        {
            self.init(scalar)
        } else {
            return nil
        }
    }

    public static let backspace = Keysym(rawValue: 0xFF08)
    public static let tab = Keysym(rawValue: 0xFF09)
    public static let returnKey = Keysym(rawValue: 0xFF0D)
    public static let escape = Keysym(rawValue: 0xFF1B)
    public static let delete = Keysym(rawValue: 0xFFFF)
    static let leftShift = Keysym(rawValue: 0xFFE1)
    static let rightShift = Keysym(rawValue: 0xFFE2)
    static let capsLock = Keysym(rawValue: 0xFFE5)
    static let level3Shift = Keysym(rawValue: 0xFE03)
    /// A place in the keyboard mapping with nothing in it.
    static let none = Keysym(rawValue: 0)

    /// The keys that type a text, in order. A carriage return and line feed are one line break.
    static func typing(_ text: String) -> [Keysym] {
        text.flatMap { character in
            character == "\r\n" ? [.returnKey] : character.unicodeScalars.compactMap(Keysym.init)
        }
    }

    /// The character it types, if it types one.
    public var scalar: Unicode.Scalar? {
        switch rawValue {
        case 0x20...0x7E, 0xA0...0xFF: Unicode.Scalar(rawValue)
        case 0x0100_0000...0x0110_FFFF: Unicode.Scalar(rawValue - 0x0100_0000)
        default: Self.legacyCharacters[rawValue]
        }
    }

    /// Whether both type the same: a layout may name a character by its old or by its Unicode keysym.
    func means(_ other: Keysym) -> Bool {
        if self == other { return true }
        guard let scalar else { return false }
        return scalar == other.scalar
    }

    private static let legacyCharacters: [UInt32: Unicode.Scalar] = legacyRuns.reduce(into: [:]) { table, run in
        for (offset, scalar) in run.characters.unicodeScalars.enumerated() { table[run.first + UInt32(offset)] = scalar }
    }
}
