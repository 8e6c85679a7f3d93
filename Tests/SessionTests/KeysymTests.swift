import Session
import Testing

@Suite("keysyms")
struct KeysymTests {
    @Test(
        "are read as people write them",
        arguments: [
            ("Return", 0xFF0D), ("enter", 0xFF0D), ("return", 0xFF0D), ("Escape", 0xFF1B), ("esc", 0xFF1B),
            ("F1", 0xFFBE), ("F12", 0xFFC9), ("F35", 0xFFE0), ("KP_0", 0xFFB0),
            ("KP_9", 0xFFB9), ("a", 0x61), ("A", 0x41), ("ä", 0xE4), ("€", 0x0100_20AC), ("U+20AC", 0x0100_20AC),
            ("U+41", 0x41), ("😀", 0x0101_F600), ("0xff0d", 0xFF0D),
            ("ctrl", 0xFFE3), ("Control_R", 0xFFE4), ("adiaeresis", 0xE4), ("Adiaeresis", 0xC4), ("space", 0x20),
            (" ", 0x20), ("EuroSign", 0x20AC), ("1", 0x31), ("PAGE_UP", 0xFF55),
            ("\t", 0xFF09),
        ] as [(String, UInt32)])
    func names(name: String, value: UInt32) { #expect(Keysym(name: name)?.rawValue == value) }

    @Test(
        "are not read from anything else",
        arguments: [
            "", "NoSuchKey", "F0", "F36", "F99999999999", "KP_10", "U+", "U+D800", "U+110000", "U+0", "0x0",
            "0x20000000", "0xZZ", "ab", "\u{7F}", "\u{1}", "ADIAERESIS",
        ])
    func refused(name: String) { #expect(Keysym(name: name) == nil) }

    @Test("fit into 29 bits")
    func range() {
        #expect(Keysym(rawValue: 0) == nil && Keysym(rawValue: -1) == nil && Keysym(rawValue: 0x2000_0000) == nil)
        #expect(Keysym(rawValue: 0x1FFF_FFFF)?.rawValue == 0x1FFF_FFFF)
        #expect(
            PointerButton(0) == nil && PointerButton(10) == nil && PointerButton(-1) == nil
                && PointerButton(9)?.number == 9)
    }
}
