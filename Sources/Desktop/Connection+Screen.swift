internal import CXCB
internal import ScreenCodec

/// What a window of ours has to know about the screen.
extension Connection {
    /// Pixels of the root window.
    func screenSize() throws(DisplayError) -> (width: Int, height: Int) {
        let cookie = xcb_get_geometry(raw, root)
        guard let reply = try answer(xcb_get_geometry_reply(raw, cookie, nil))?.value else { throw .displayLost }
        return (Int(reply.width), Int(reply.height))
    }

    /// Where the monitor is that people look at first; the whole screen where monitors are not told of (RANDR before 1.5).
    func primaryMonitor() throws(DisplayError) -> Rectangle {
        let size = try screenSize()
        let screen = Rectangle(x: 0, y: 0, width: size.width, height: size.height)
        guard cxcb_randr_first_event(raw) >= 0,
            let reply = try answer(xcb_randr_get_monitors_reply(raw, xcb_randr_get_monitors(raw, root, 1), nil))
        else { return screen }
        var monitors: [xcb_randr_monitor_info_t] = []
        var iterator = xcb_randr_get_monitors_monitors_iterator(reply.pointer)
        while iterator.rem > 0, let monitor = iterator.data {
            monitors.append(monitor.pointee)
            xcb_randr_monitor_info_next(&iterator)
        }
        guard let monitor = monitors.first(where: { $0.primary != 0 }) ?? monitors.first else { return screen }
        let area = Rectangle(
            x: Int(monitor.x), y: Int(monitor.y), width: Int(monitor.width), height: Int(monitor.height)
        ).intersection(screen)
        // Any program may define a monitor; what is too small to read on is none.
        return area.width < 320 || area.height < 64 ? screen : area
    }

    /// Has changes of the screen told to us; the number of the event, nil where the server cannot.
    func watchMonitors() throws(DisplayError) -> UInt8? {
        guard let first = UInt8(exactly: cxcb_randr_first_event(raw)) else { return nil }
        // A server treats a client that never named a version as one that knows none.
        _ = try answer(xcb_randr_query_version_reply(raw, xcb_randr_query_version(raw, 1, 5), nil))
        xcb_randr_select_input(raw, root, UInt16(XCB_RANDR_NOTIFY_MASK_SCREEN_CHANGE.rawValue))
        return first &+ UInt8(XCB_RANDR_SCREEN_CHANGE_NOTIFY)
    }

    /// Has it told to us when windows come, go, and change their order.
    func watchRoot() {
        xcb_change_window_attributes(raw, root, XCB_CW_EVENT_MASK.rawValue, [XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY.rawValue])
    }

    /// The number by which the server knows a name.
    func atom(_ name: String) throws(DisplayError) -> xcb_atom_t {
        let cookie = xcb_intern_atom(raw, 0, UInt16(clamping: name.utf8.count), name)
        guard let reply = try answer(xcb_intern_atom_reply(raw, cookie, nil)) else { throw .displayLost }
        return reply.value.atom
    }

    /// How much larger than at 96 pixels an inch people want text to be (the resource Xft.dpi, as toolkits read it).
    func textScale() throws(DisplayError) -> Double {
        let longest: UInt32 = 1 << 14  // in units of four bytes; desktops keep a few hundred there
        let cookie = xcb_get_property(
            raw, 0, root, XCB_ATOM_RESOURCE_MANAGER.rawValue, XCB_ATOM_STRING.rawValue, 0, longest)
        guard let reply = try answer(xcb_get_property_reply(raw, cookie, nil)),
            let value = xcb_get_property_value(reply.pointer)
        else { return 1 }
        // Unsafe: XCB says how many bytes its answer holds; they are copied.
        let bytes = UnsafeRawBufferPointer(start: value, count: Int(xcb_get_property_value_length(reply.pointer)))
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Xft.dpi:") {
            let value = line.dropFirst("Xft.dpi:".count).filter { !$0.isWhitespace }
            if let resolution = Double(String(value)), resolution > 0 { return min(max(resolution / 96, 1), 4) }
        }
        return 1
    }
}
