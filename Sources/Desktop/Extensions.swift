internal import CXCB

/// The extensions without which a desktop cannot be shared, announced to the server, and their events' numbers.
struct Extensions {
    let damageNotify: UInt8
    let screenChangeNotify: UInt8
    let cursorNotify: UInt8

    init(_ connection: Connection) throws(DisplayError) {
        let raw = connection.raw
        let damage = try Self.firstEvent("DAMAGE", cxcb_damage_first_event(raw))
        let randr = try Self.firstEvent("RANDR", cxcb_randr_first_event(raw))
        let xfixes = try Self.firstEvent("XFIXES", cxcb_xfixes_first_event(raw))
        _ = try Self.firstEvent("XTEST", cxcb_xtest_first_event(raw))
        damageNotify = damage &+ UInt8(XCB_DAMAGE_NOTIFY)
        screenChangeNotify = randr &+ UInt8(XCB_RANDR_SCREEN_CHANGE_NOTIFY)
        cursorNotify = xfixes &+ UInt8(XCB_XFIXES_CURSOR_NOTIFY)

        // A server treats a client that never named a version as one that knows none.
        let fixes = xcb_xfixes_query_version(raw, 5, 0)
        let damages = xcb_damage_query_version(raw, 1, 1)
        let screens = xcb_randr_query_version(raw, 1, 3)
        _ = try connection.answer(xcb_xfixes_query_version_reply(raw, fixes, nil))
        _ = try connection.answer(xcb_damage_query_version_reply(raw, damages, nil))
        _ = try connection.answer(xcb_randr_query_version_reply(raw, screens, nil))
    }

    private static func firstEvent(_ name: String, _ number: Int32) throws(DisplayError) -> UInt8 {
        guard let number = UInt8(exactly: number) else { throw .missingExtension(name) }
        return number
    }
}
