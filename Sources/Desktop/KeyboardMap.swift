internal import CXCB

/// What the keys of the keyboard stand for, as the X server tells it: a row of keysyms for every keycode.
struct KeyboardMap {
    /// A key, and what must be held so that it means the wanted keysym.
    struct Stroke: Equatable {
        let keycode: UInt8
        var shift = false
        var level3 = false
    }

    let firstKeycode: UInt8
    /// Keysyms for each keycode.
    let columns: Int
    private let keysyms: [Keysym]

    init(firstKeycode: UInt8, columns: Int, keysyms: [Keysym]) {
        precondition(columns >= 0 && keysyms.count <= 256 * max(1, columns))
        self.firstKeycode = firstKeycode
        self.columns = columns
        self.keysyms = keysyms
    }

    /// As the server has it now.
    init(_ connection: Connection) throws(DisplayError) {
        let keycodes = connection.keycodes
        let cookie = xcb_get_keyboard_mapping(connection.raw, keycodes.lowerBound, UInt8(clamping: keycodes.count))
        let answer = xcb_get_keyboard_mapping_reply(connection.raw, cookie, nil)
        guard let reply = try connection.answer(answer), let values = xcb_get_keyboard_mapping_keysyms(reply.pointer)
        else { throw .displayLost }
        // Unsafe: XCB says how many keysyms its answer holds; they are copied.
        let count = Int(xcb_get_keyboard_mapping_keysyms_length(reply.pointer))
        let keysyms = UnsafeBufferPointer(start: values, count: count).map(Keysym.init(rawValue:))
        self.init(firstKeycode: keycodes.lowerBound, columns: Int(reply.value.keysyms_per_keycode), keysyms: keysyms)
    }

    var keycodes: Range<Int> { Int(firstKeycode)..<min(256, Int(firstKeycode) + (columns > 0 ? keysyms.count / columns : 0)) }

    subscript(keycode: Int, column: Int) -> Keysym {
        guard keycodes.contains(keycode), column < columns else { return .none }
        return keysyms[(keycode - Int(firstKeycode)) * columns + column]
    }

    /// The keycodes that mean a keysym in any layout, with or without modifiers.
    func keycodes(of keysym: Keysym) -> [UInt8] {
        keycodes.filter { keycode in (0..<columns).contains { self[keycode, $0].means(keysym) } }.compactMap(UInt8.init(exactly:))
    }

    /// The keycode whose unshifted meaning is a keysym.
    func keycode(of keysym: Keysym) -> UInt8? { keycode(of: keysym, column: 0) }

    /// How to type a keysym while layout `group` of the keyboard is active; nil when no key gives it.
    ///
    /// Columns 0 and 1 are the first layout without and with Shift, 2 and 3 the second one, 4 and 5 the first one with
    /// AltGr. Where other layouts lie depends on the key, so they are left to borrowed keys.
    func stroke(for keysym: Keysym, group: Int) -> Stroke? {
        guard group == 0 || group == 1 else { return nil }
        if let keycode = keycode(of: keysym, column: group * 2) { return Stroke(keycode: keycode) }
        if let keycode = keycode(of: keysym, column: group * 2 + 1), self.keycode(of: .leftShift) != nil {
            return Stroke(keycode: keycode, shift: true)
        }
        guard group == 0, self.keycode(of: .level3Shift) != nil else { return nil }
        if let keycode = keycode(of: keysym, column: 4) { return Stroke(keycode: keycode, level3: true) }
        if let keycode = keycode(of: keysym, column: 5), self.keycode(of: .leftShift) != nil {
            return Stroke(keycode: keycode, shift: true, level3: true)
        }
        return nil
    }

    /// Keycodes that mean nothing at all.
    var spareKeycodes: [UInt8] {
        keycodes.filter { keycode in (0..<columns).allSatisfy { self[keycode, $0] == .none } }.compactMap(UInt8.init(exactly:))
    }

    private func keycode(of keysym: Keysym, column: Int) -> UInt8? {
        guard column < columns else { return nil }
        return keycodes.first { self[$0, column].means(keysym) }.flatMap(UInt8.init(exactly:))
    }
}
