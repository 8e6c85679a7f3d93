internal import CXCB

/// The server's numbers for what is said about the clipboard (ICCCM §2).
struct SelectionAtoms {
    let clipboard: xcb_atom_t
    let targets: xcb_atom_t
    let timestamp: xcb_atom_t
    let incremental: xcb_atom_t
    /// Text in UTF-8, by its two names.
    let utf8: xcb_atom_t
    let plain: xcb_atom_t
    /// Programs that keep passwords offer this beside what is copied from them.
    let secret: xcb_atom_t
    /// The property, on a window of ours, that answers are put into.
    let answer: xcb_atom_t
    /// A property that is changed to learn what time it is at the server (ICCCM §2.1).
    let clock: xcb_atom_t

    init(_ connection: Connection) throws(DisplayError) {
        clipboard = try connection.atom("CLIPBOARD")
        targets = try connection.atom("TARGETS")
        timestamp = try connection.atom("TIMESTAMP")
        incremental = try connection.atom("INCR")
        utf8 = try connection.atom("UTF8_STRING")
        plain = try connection.atom("text/plain;charset=utf-8")
        secret = try connection.atom("x-kde-passwordManagerHint")
        answer = try connection.atom("RA_CONNECT_ANSWER")
        clock = try connection.atom("RA_CONNECT_CLOCK")
    }

    /// What we offer.
    var offered: [xcb_atom_t] { [targets, timestamp, utf8, plain] }
}

extension Connection {
    /// A window that is never seen, to speak for us. It goes with the connection, if nobody destroys it.
    func makeHiddenWindow() -> xcb_window_t {
        let window = xcb_generate_id(raw)
        xcb_create_window(
            raw, 0, window, root, 0, 0, 1, 1, 0, UInt16(XCB_WINDOW_CLASS_INPUT_ONLY.rawValue), 0, XCB_CW_EVENT_MASK.rawValue,
            [XCB_EVENT_MASK_PROPERTY_CHANGE.rawValue])
        return window
    }

    func setProperty(_ property: xcb_atom_t, of window: xcb_window_t, type: xcb_atom_t, _ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        xcb_change_property(
            raw, UInt8(XCB_PROP_MODE_REPLACE.rawValue), window, property, type, 8, UInt32(clamping: bytes.count), bytes)
    }

    func setProperty(_ property: xcb_atom_t, of window: xcb_window_t, type: xcb_atom_t, _ numbers: [UInt32]) {
        xcb_change_property(
            raw, UInt8(XCB_PROP_MODE_REPLACE.rawValue), window, property, type, 32, UInt32(clamping: numbers.count), numbers)
    }
}
