internal import CXCB
internal import Glibc

/// Presses keys through XTEST, finds or borrows the right ones, and knows which it holds down.
final class Keyboard {
    private let connection: Connection
    /// Nil when it has to be read again.
    private var map: KeyboardMap?
    private var borrowed = BorrowedKeys()
    /// Keys held down and what they were pressed for; at most one for each keycode.
    private var held: [UInt8: Keysym] = [:]

    init(_ connection: Connection) { self.connection = connection }

    deinit {
        for keycode in held.keys.sorted() { release(keycode) }
        giveBackAll()
        connection.synchronize()
    }

    /// The server says that keys mean something else now.
    func forgetMapping() { map = nil }

    func press(_ keysym: Keysym) throws(DisplayError) {
        guard !held.values.contains(keysym) else { return }  // the server repeats held keys by itself
        let stroke = try stroke(for: keysym, group: try state().group)
        try withModifiers(of: stroke) { press(stroke.keycode, as: keysym) }
    }

    /// A letter may go up under another name than it went down, when Shift went up in between.
    func release(_ keysym: Keysym) throws(DisplayError) {
        let exact = held.first { $0.value == keysym }?.key
        let map = try mapping()
        let keycode = exact ?? held.keys.sorted().first { keycode in
            (0..<map.columns).contains { map[Int(keycode), $0].means(keysym) }
        }
        if let keycode { release(keycode) }
    }

    /// Types keys one after the other, each by itself: whatever was held is lifted before.
    func type(_ keysyms: [Keysym]) throws(DisplayError) {
        releaseAll()
        let state = try state()
        let capsLock = state.isLocked ? try mapping().keycode(of: .capsLock) : nil
        if let capsLock { tap(capsLock) }
        for keysym in keysyms {
            let stroke = try stroke(for: keysym, group: state.group)
            try withModifiers(of: stroke) { tap(stroke.keycode) }
        }
        if let capsLock { tap(capsLock) }
    }

    func releaseAll() {
        for keycode in held.keys.sorted() { release(keycode) }
    }

    /// Returns borrowed keys that were not used for a while.
    func giveBackIdle() {
        guard !borrowed.isEmpty else { return }
        for keycode in borrowed.removeIdle(at: .now, keeping: held) { remap(keycode, to: .none) }
    }

    /// Returns all of them, once programs had the time to look up the last one.
    private func giveBackAll() {
        guard let lastUse = borrowed.lastUse, xcb_connection_has_error(connection.raw) == 0 else { return }
        _ = xcb_flush(connection.raw)
        Self.sleep(until: lastUse + BorrowedKeys.grace)
        for keycode in borrowed.removeAll() { remap(keycode, to: .none) }
    }
}

// MARK: Finding keys

extension Keyboard {
    private func mapping() throws(DisplayError) -> KeyboardMap {
        if let map { return map }
        let read = try KeyboardMap(connection)
        borrowed.keepOnly { read[Int($0), 0] == $1 }
        map = read
        return read
    }

    /// The active layout of the keyboard, and whether Caps Lock is on.
    private func state() throws(DisplayError) -> (group: Int, isLocked: Bool) {
        let cookie = xcb_query_pointer(connection.raw, connection.root)
        let answer = xcb_query_pointer_reply(connection.raw, cookie, nil)
        guard let mask = try connection.answer(answer)?.value.mask else { return (0, false) }
        // The XKB protocol, 2.2.2, keeps the layout in bits 13 and 14 of the core state.
        return (Int(mask >> 13 & 3), mask & UInt16(XCB_MOD_MASK_LOCK.rawValue) != 0)
    }

    private func stroke(for keysym: Keysym, group: Int) throws(DisplayError) -> KeyboardMap.Stroke {
        if let keycode = borrowed.use(keysym, at: .now) { return KeyboardMap.Stroke(keycode: keycode) }
        let map = try mapping()
        if let stroke = map.stroke(for: keysym, group: group) { return stroke }
        return KeyboardMap.Stroke(keycode: try borrow(keysym, from: map))
    }

    /// Gives a key without meaning the wanted one, in every layout and with every modifier.
    private func borrow(_ keysym: Keysym, from map: KeyboardMap) throws(DisplayError) -> UInt8 {
        let keycode: UInt8
        if let spare = map.spareKeycodes.last(where: { !borrowed.contains($0) }) {
            keycode = spare
        } else if let oldest = borrowed.removeOldest(keeping: held) {
            keycode = oldest.keycode
            try connection.flush()
            Self.sleep(until: oldest.lastUse + BorrowedKeys.grace)
        } else {
            throw .noSpareKey
        }
        remap(keycode, to: keysym)
        borrowed.add(keycode, as: keysym, at: .now)
        return keycode
    }

    private func remap(_ keycode: UInt8, to keysym: Keysym) {
        let columns = UInt8(clamping: max(1, map?.columns ?? 1))
        let keysyms = [UInt32](repeating: keysym.rawValue, count: Int(columns))
        xcb_change_keyboard_mapping(connection.raw, 1, keycode, columns, keysyms)
    }

    private static func sleep(until end: ContinuousClock.Instant) {
        let rest = (end - .now).components
        guard rest.seconds >= 0, rest.attoseconds > 0 else { return }
        usleep(UInt32(min(rest.seconds, 1)) * 1_000_000 + UInt32(rest.attoseconds / 1_000_000_000_000))
    }
}

// MARK: Pressing keys

extension Keyboard {
    /// Holds Shift and AltGr as the stroke needs them, unless they are held already.
    private func withModifiers(of stroke: KeyboardMap.Stroke, _ body: () -> Void) throws(DisplayError) {
        let map = try mapping()
        var modifiers: [UInt8] = []
        if stroke.shift, !isHeld(.leftShift, .rightShift), let key = map.keycode(of: .leftShift) { modifiers.append(key) }
        if stroke.level3, !isHeld(.level3Shift), let key = map.keycode(of: .level3Shift) { modifiers.append(key) }
        for key in modifiers { fake(XCB_KEY_PRESS, key) }
        body()
        for key in modifiers.reversed() { fake(XCB_KEY_RELEASE, key) }
    }

    private func isHeld(_ keysyms: Keysym...) -> Bool { held.values.contains(where: keysyms.contains) }

    private func tap(_ keycode: UInt8) {
        fake(XCB_KEY_PRESS, keycode)
        fake(XCB_KEY_RELEASE, keycode)
    }

    private func press(_ keycode: UInt8, as keysym: Keysym) {
        held[keycode] = keysym
        fake(XCB_KEY_PRESS, keycode)
    }

    private func release(_ keycode: UInt8) {
        held[keycode] = nil
        fake(XCB_KEY_RELEASE, keycode)
    }

    private func fake(_ event: Int32, _ keycode: UInt8) {
        xcb_test_fake_input(connection.raw, UInt8(event), keycode, 0, 0, 0, 0, 0)
    }
}
