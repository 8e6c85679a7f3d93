/// A key by its X keysym, the name of what is engraved on it (X11 protocol, appendix A).
public struct Keysym: Hashable, Sendable {
    /// 1…0x1FFFFFFF: "the top three bits are always zero".
    public let rawValue: UInt32

    /// Nil for 0, which is NoSymbol, and for what does not fit into 29 bits.
    public init?(rawValue: some BinaryInteger) {
        guard (1...0x1FFF_FFFF).contains(rawValue) else { return nil }
        self.rawValue = UInt32(rawValue)
    }

    /// The keysym of a character: Latin-1 stands for itself, every other code point is 0x01000000 plus itself;
    /// tab and line ends are their keys. Nil for other controls.
    public init?(_ character: Unicode.Scalar) {
        switch character.value {
        case 0x08: self = .backSpace
        case 0x09: self = .tab
        case 0x0A, 0x0D: self = .return
        case 0x1B: self = .escape
        case 0x20...0x7E, 0xA0...0xFF: self.init(known: character.value)
        case 0x100...: self.init(known: 0x0100_0000 + character.value)
        default: return nil
        }
    }

    init(known rawValue: UInt32) { self.rawValue = rawValue }

    public static let backSpace = Keysym(known: 0xFF08)
    public static let tab = Keysym(known: 0xFF09)
    public static let `return` = Keysym(known: 0xFF0D)
    public static let escape = Keysym(known: 0xFF1B)
}
