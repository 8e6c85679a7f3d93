import Desktop
import Testing

@Suite struct KeysymTests {
    @Test("keys have the numbers of keysymdef.h", arguments: [
        ("Return", 0xFF0D), ("Escape", 0xFF1B), ("F5", 0xFFC2), ("a", 0x61), ("A", 0x41), ("é", 0xE9),
        ("U20AC", 0x0100_20AC), ("EuroSign", 0x20AC), ("漢", 0x0100_6F22), ("U1F642", 0x0101_F642), ("Control_L", 0xFFE3),
        ("ISO_Level3_Shift", 0xFE03), ("space", 0x20), ("Page_Up", 0xFF55), ("U", 0x55), ("eacute", 0xE9), ("KP_7", 0xFFB7),
    ])
    func named(_ name: String, _ value: UInt32) {
        #expect(Keysym(named: name)?.rawValue == value)
    }

    @Test("what is no key's name is none", arguments: ["", "Retrun", "UD800", "U110000", "U+20AC", "\u{7}"])
    func unknown(_ name: String) {
        #expect(Keysym(named: name) == nil)
    }

    @Test("old keysyms stand for their characters", arguments: [
        (0x6C1, "а"), (0x20AC, "€"), (0x7E1, "α"), (0x1B1, "ą"), (0xCE0, "א"), (0x0100_6F22, "漢"),
    ] as [(UInt32, Unicode.Scalar)])
    func legacy(_ value: UInt32, _ scalar: Unicode.Scalar) {
        #expect(Keysym(rawValue: value).scalar == scalar)
    }
}
