/// One thing the helper does with pointer or keyboard.
public enum InputEvent: Hashable, Sendable {
    /// In pixels of the shared picture, from its upper left corner. The desktop clamps to what it has.
    case move(x: UInt16, y: UInt16)
    case button(PointerButton, down: Bool)
    /// In notches of a wheel; positive is right and down.
    case scroll(dx: Int8, dy: Int8)
    case key(Keysym, down: Bool)
    /// Text to type as it stands: 1 to `maximumTextBytes` bytes of UTF-8, no controls but tab and line ends.
    case text(String)

    /// A paragraph. Longer text is sent in pieces.
    public static let maximumTextBytes = 1024

    /// Whether text may be typed: its length, and no control characters a keyboard has no key for.
    static func isTypeable(_ text: String) -> Bool {
        (1...maximumTextBytes).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.value {
                case 0x09, 0x0A, 0x0D: true
                case 0x00..<0x20, 0x7F..<0xA0: false
                default: true
                }
            }
    }
}
