internal import CXCB
internal import Glibc

/// One connection to an X server, closed with the object.
final class Connection {
    // Unsafe: XCB's own objects, valid until `deinit` disconnects.
    let raw: OpaquePointer
    private let setup: UnsafePointer<xcb_setup_t>
    private let screen: UnsafePointer<xcb_screen_t>

    init(_ name: String) throws(DisplayError) {
        Self.ignoreBrokenPipes()
        var preferred: Int32 = 0
        guard let raw = xcb_connect(name, &preferred) else { throw .cannotConnect(display: name) }
        guard xcb_connection_has_error(raw) == 0, let setup = xcb_get_setup(raw),
            let screen = Self.screen(Int(preferred), of: setup)
        else {
            xcb_disconnect(raw)
            throw .cannotConnect(display: name)
        }
        self.raw = raw
        self.setup = setup
        self.screen = screen
    }

    deinit { xcb_disconnect(raw) }

    var root: xcb_window_t { screen.pointee.root }
    var rootDepth: UInt8 { screen.pointee.root_depth }
    var fileDescriptor: Int32 { xcb_get_file_descriptor(raw) }
    var isLittleEndian: Bool { setup.pointee.image_byte_order == UInt8(XCB_IMAGE_ORDER_LSB_FIRST.rawValue) }
    var keycodes: ClosedRange<xcb_keycode_t> {
        let low = setup.pointee.min_keycode
        return low...max(low, setup.pointee.max_keycode)
    }

    /// Whether files can be passed along with requests. Over TCP, as `ssh -X` does it, they cannot.
    var isLocal: Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            // Unsafe: sockaddr_storage is as large and as aligned as any sockaddr.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fileDescriptor, $0, &length) }
        }
        return outcome == 0 && address.ss_family == sa_family_t(AF_UNIX)
    }

    func flush() throws(DisplayError) {
        if xcb_flush(raw) <= 0 { throw .displayLost }
    }

    /// Returns when the server has done everything asked so far, or is gone.
    func synchronize() {
        free(xcb_get_input_focus_reply(raw, xcb_get_input_focus(raw), nil))
    }

    /// What the server answered, or the error it sent instead. Only a lost connection throws.
    func answer<Reply>(_ reply: UnsafeMutablePointer<Reply>?) throws(DisplayError) -> Owned<Reply>? {
        if let reply { return Owned(reply) }
        if xcb_connection_has_error(raw) != 0 { throw .displayLost }
        return nil
    }

    /// Bits that a pixel of this depth takes in an image.
    func bitsPerPixel(depth: UInt8) -> Int? {
        var formats = xcb_setup_pixmap_formats_iterator(setup)
        while formats.rem > 0, let format = formats.data {
            if format.pointee.depth == depth { return Int(format.pointee.bits_per_pixel) }
            xcb_format_next(&formats)
        }
        return nil
    }

    /// The masks of red, green and blue in a pixel of the root window.
    var rootMasks: [UInt32] {
        var depths = xcb_screen_allowed_depths_iterator(screen)
        while depths.rem > 0, let depth = depths.data {
            var visuals = xcb_depth_visuals_iterator(depth)
            while visuals.rem > 0, let visual = visuals.data?.pointee {
                if visual.visual_id == screen.pointee.root_visual {
                    return [visual.red_mask, visual.green_mask, visual.blue_mask]
                }
                xcb_visualtype_next(&visuals)
            }
            xcb_depth_next(&depths)
        }
        return []
    }

    private static func screen(_ number: Int, of setup: UnsafePointer<xcb_setup_t>) -> UnsafePointer<xcb_screen_t>? {
        var screens = xcb_setup_roots_iterator(setup)
        for _ in 0..<max(0, number) where screens.rem > 0 { xcb_screen_next(&screens) }
        return screens.rem > 0 ? UnsafePointer(screens.data) : nil
    }

    /// XCB writes with `writev`: a server that went away would end this process unless the signal is ignored.
    private static func ignoreBrokenPipes() {
        var current = sigaction()
        guard sigaction(SIGPIPE, nil, &current) == 0, current.__sigaction_handler.sa_handler == nil else { return }
        signal(SIGPIPE, SIG_IGN)
    }
}

/// Something XCB allocated for us, freed with the object.
final class Owned<Value> {
    // Unsafe: not nil, allocated by malloc, and nobody else frees it.
    let pointer: UnsafeMutablePointer<Value>
    init(_ pointer: UnsafeMutablePointer<Value>) { self.pointer = pointer }
    deinit { free(pointer) }

    var value: Value { pointer.pointee }

    /// The same bytes as what they were found to be: XCB gives every event its whole length.
    func `as`<Other>(_: Other.Type) -> Other { UnsafeRawPointer(pointer).loadUnaligned(as: Other.self) }
}
