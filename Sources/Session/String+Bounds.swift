extension String {
    /// The longest beginning of whole characters within `bound` bytes of UTF-8.
    func cut(toBytes bound: Int) -> String {
        guard utf8.count > bound else { return self }
        var bytes = 0
        return String(
            prefix { character in
                bytes += character.utf8.count
                return bytes <= bound
            })
    }

    /// The text as one harmless line for a terminal: controls and the marks that turn the direction of writing, which
    /// could hide or forge what stands there, become spaces.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0x00..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: " "
                    default: scalar
                    }
                }))
    }
}
