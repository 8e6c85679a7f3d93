extension Keysym {
    /// Reads a key as a person writes it: a name of X's `keysymdef.h` (`Return`, `F5`, `KP_7`), one character,
    /// `U+20AC`, or a number (`0xff0d`). Names are those `xdotool key` takes; a wrong case is forgiven where that is
    /// not ambiguous.
    public init?(name: String) {
        let scalars = name.unicodeScalars
        if let only = scalars.first, scalars.count == 1 {
            self.init(only)
        } else if let value = Self.named[name] {
            self.init(known: value)
        } else if let value = Self.numbered(name, prefix: "F", in: 1...35) {
            self.init(known: 0xFFBE + value - 1)
        } else if let value = Self.numbered(name, prefix: "KP_", in: 0...9) {
            self.init(known: 0xFFB0 + value)
        } else if name.hasPrefix("U+"), let value = UInt32(name.dropFirst(2), radix: 16) {
            guard let scalar = Unicode.Scalar(value) else { return nil }
            self.init(scalar)
        } else if name.hasPrefix("0x") || name.hasPrefix("0X"), let value = UInt32(name.dropFirst(2), radix: 16) {
            self.init(rawValue: value)
        } else if let value = Self.lowercased[name.lowercased()] {
            self.init(known: value)
        } else {
            return nil
        }
    }

    private static func numbered(_ name: String, prefix: String, in range: ClosedRange<UInt32>) -> UInt32? {
        guard name.hasPrefix(prefix), let value = UInt32(name.dropFirst(prefix.count)) else { return nil }
        return range.contains(value) ? value : nil
    }

    /// Names without regard to case, with what people call the modifiers; where two names differ in case alone
    /// (`Adiaeresis`, `adiaeresis`) neither is here.
    private static let lowercased: [String: UInt32] = {
        let pairs = Dictionary(grouping: named) { $0.key.lowercased() }.filter { $0.value.count == 1 }
        let aliases: [String: UInt32] = [
            "ctrl": 0xFFE3, "control": 0xFFE3, "alt": 0xFFE9, "shift": 0xFFE1, "super": 0xFFEB, "meta": 0xFFE7,
            "enter": 0xFF0D, "esc": 0xFF1B, "del": 0xFFFF, "altgr": 0xFE03,
        ]
        return pairs.compactMapValues { $0.first?.value }.merging(aliases) { name, _ in name }
    }()

    private static let named: [String: UInt32] = [
        "BackSpace": 0xFF08, "Tab": 0xFF09, "Linefeed": 0xFF0A, "Clear": 0xFF0B, "Return": 0xFF0D, "Pause": 0xFF13,
        "Scroll_Lock": 0xFF14, "Sys_Req": 0xFF15, "Escape": 0xFF1B, "Multi_key": 0xFF20, "Delete": 0xFFFF,
        "Home": 0xFF50, "Left": 0xFF51, "Up": 0xFF52, "Right": 0xFF53, "Down": 0xFF54, "Prior": 0xFF55,
        "Page_Up": 0xFF55, "Next": 0xFF56, "Page_Down": 0xFF56, "End": 0xFF57, "Begin": 0xFF58, "Select": 0xFF60,
        "Print": 0xFF61, "Execute": 0xFF62, "Insert": 0xFF63, "Undo": 0xFF65, "Redo": 0xFF66, "Menu": 0xFF67,
        "Find": 0xFF68, "Cancel": 0xFF69, "Help": 0xFF6A, "Break": 0xFF6B, "Mode_switch": 0xFF7E, "Num_Lock": 0xFF7F,
        "KP_Space": 0xFF80, "KP_Tab": 0xFF89, "KP_Enter": 0xFF8D, "KP_Home": 0xFF95, "KP_Left": 0xFF96,
        "KP_Up": 0xFF97, "KP_Right": 0xFF98, "KP_Down": 0xFF99, "KP_Page_Up": 0xFF9A, "KP_Page_Down": 0xFF9B,
        "KP_End": 0xFF9C, "KP_Begin": 0xFF9D, "KP_Insert": 0xFF9E, "KP_Delete": 0xFF9F, "KP_Equal": 0xFFBD,
        "KP_Multiply": 0xFFAA, "KP_Add": 0xFFAB, "KP_Separator": 0xFFAC, "KP_Subtract": 0xFFAD, "KP_Decimal": 0xFFAE,
        "KP_Divide": 0xFFAF, "Shift_L": 0xFFE1, "Shift_R": 0xFFE2, "Control_L": 0xFFE3, "Control_R": 0xFFE4,
        "Caps_Lock": 0xFFE5, "Shift_Lock": 0xFFE6, "Meta_L": 0xFFE7, "Meta_R": 0xFFE8, "Alt_L": 0xFFE9,
        "Alt_R": 0xFFEA, "Super_L": 0xFFEB, "Super_R": 0xFFEC, "Hyper_L": 0xFFED, "Hyper_R": 0xFFEE,
        "ISO_Level3_Shift": 0xFE03, "ISO_Left_Tab": 0xFE20, "space": 0x20, "exclam": 0x21, "quotedbl": 0x22,
        "numbersign": 0x23, "dollar": 0x24, "percent": 0x25, "ampersand": 0x26, "apostrophe": 0x27, "parenleft": 0x28,
        "parenright": 0x29, "asterisk": 0x2A, "plus": 0x2B, "comma": 0x2C, "minus": 0x2D, "period": 0x2E,
        "slash": 0x2F, "colon": 0x3A, "semicolon": 0x3B, "less": 0x3C, "equal": 0x3D, "greater": 0x3E,
        "question": 0x3F, "at": 0x40, "bracketleft": 0x5B, "backslash": 0x5C, "bracketright": 0x5D,
        "asciicircum": 0x5E, "underscore": 0x5F, "grave": 0x60, "braceleft": 0x7B, "bar": 0x7C, "braceright": 0x7D,
        "asciitilde": 0x7E, "nobreakspace": 0xA0, "section": 0xA7, "degree": 0xB0, "sterling": 0xA3, "ssharp": 0xDF,
        "adiaeresis": 0xE4, "odiaeresis": 0xF6, "udiaeresis": 0xFC, "Adiaeresis": 0xC4, "Odiaeresis": 0xD6,
        "Udiaeresis": 0xDC, "EuroSign": 0x20AC, "XF86AudioLowerVolume": 0x1008FF11, "XF86AudioMute": 0x1008FF12,
        "XF86AudioRaiseVolume": 0x1008FF13, "XF86AudioPlay": 0x1008FF14, "XF86Back": 0x1008FF26,
        "XF86Forward": 0x1008FF27, "dead_grave": 0xFE50, "dead_acute": 0xFE51, "dead_circumflex": 0xFE52,
        "dead_tilde": 0xFE53, "dead_diaeresis": 0xFE57,
    ]
}
