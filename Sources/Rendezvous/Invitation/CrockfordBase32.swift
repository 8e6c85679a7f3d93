/// Douglas Crockford's base 32: digits and capitals without I, L, O and U, five bits each.
///
/// Reading forgives case, `O` for `0`, and `I` or `L` for `1`.
enum CrockfordBase32 {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// The symbol's number, 0...31; nil for a character that is none.
    static func value(of character: Character) -> UInt8? {
        guard let ascii = character.asciiValue else { return nil }
        let upper = ascii >= 0x61 && ascii <= 0x7A ? ascii - 0x20 : ascii
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return values[Int(upper)]
        }
    }

    /// By ASCII code, for canonical symbols.
    private static let values: [UInt8?] = {
        var table = [UInt8?](repeating: nil, count: 256)
        for (number, character) in alphabet.enumerated() {
            if let ascii = character.asciiValue { table[Int(ascii)] = UInt8(number) }
        }
        return table
    }()

    static func text(_ symbols: some Sequence<UInt8>) -> String { String(symbols.map { alphabet[Int($0 & 31)] }) }

    /// Bytes to symbols, most significant bit first; the last symbol is filled with zero bits.
    static func encode(_ bytes: [UInt8]) -> String {
        var symbols: [UInt8] = []
        var bits: UInt16 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt16(byte)
            count += 8
            while count >= 5 {
                count -= 5
                symbols.append(UInt8(bits >> UInt16(count) & 31))
            }
            bits &= (1 << UInt16(count)) - 1
        }
        if count > 0 { symbols.append(UInt8(bits << UInt16(5 - count) & 31)) }
        return text(symbols)
    }

    /// `count` bytes from exactly as many symbols as they need; nil for anything else, stray bits included.
    static func decode(_ text: some StringProtocol, count: Int) -> [UInt8]? {
        guard text.utf8.count == (count * 8 + 4) / 5 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt16 = 0
        var held = 0
        for character in text {
            guard let symbol = value(of: character) else { return nil }
            bits = bits << 5 | UInt16(symbol)
            held += 5
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt16(held)))
            }
            bits &= (1 << UInt16(held)) - 1
        }
        return bits == 0 && bytes.count == count ? bytes : nil
    }
}
