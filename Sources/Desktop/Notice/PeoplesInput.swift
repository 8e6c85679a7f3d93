internal import CXCB

/// Tells what a person does at this computer's own devices from what a program does in their place.
///
/// What the helper types and clicks goes through XTEST, and XTEST has devices of its own (one keyboard and one pointer for each
/// master pair). XInput 2 names the device behind each event, from 2.1 on behind raw ones too, and those it gives even while
/// another program has grabbed the keyboard. So nothing is grabbed here: whatever has the focus gets its keys as before.
struct PeoplesInput {
    private let connection: Connection
    private let opcode: UInt8
    /// An XTEST device has this property, and no client can give it one or take it away.
    private let mark: xcb_atom_t
    /// What is known of devices, by number; forgotten whenever one comes or goes.
    private var synthetic: [xcb_input_device_id_t: Bool] = [:]

    /// Nil where the server has no XInput 2.1.
    init?(_ connection: Connection) throws(DisplayError) {
        guard let opcode = UInt8(exactly: cxcb_xinput_opcode(connection.raw)) else { return nil }
        let cookie = xcb_input_xi_query_version(connection.raw, 2, 2)
        guard let version = try connection.answer(xcb_input_xi_query_version_reply(connection.raw, cookie, nil))?.value,
            (version.major_version, version.minor_version) >= (2, 1)
        else { return nil }
        self.connection = connection
        self.opcode = opcode
        mark = try connection.atom("XTEST Device")
        select(XCB_INPUT_XI_EVENT_MASK_HIERARCHY.rawValue, of: XCB_INPUT_DEVICE_ALL, in: connection.root)
    }

    /// Has every key of the keyboard told to us, or none.
    func listen(toKeys wanted: Bool) {
        select(wanted ? XCB_INPUT_XI_EVENT_MASK_RAW_KEY_PRESS.rawValue : 0, of: XCB_INPUT_DEVICE_ALL_MASTER, in: connection.root)
    }

    /// Has presses and moves in a window told to us. Presses by each device for itself: the master's button is down, and tells of
    /// no second press, while the helper holds it.
    func listen(toPointersIn window: xcb_window_t) {
        let press = XCB_INPUT_XI_EVENT_MASK_BUTTON_PRESS.rawValue | XCB_INPUT_XI_EVENT_MASK_BUTTON_RELEASE.rawValue
        select(press | XCB_INPUT_XI_EVENT_MASK_MOTION.rawValue, of: XCB_INPUT_DEVICE_ALL, in: window)
    }

    enum Event {
        case key(UInt8)
        /// In pixels of the window and of the screen.
        case press(PointerButton, x: Int, y: Int, rootX: Int, rootY: Int)
        case release(PointerButton)
        case motion(rootX: Int, rootY: Int)
    }

    /// What a person did; nil for everything else.
    mutating func read(_ event: Owned<xcb_generic_event_t>) throws(DisplayError) -> Event? {
        guard event.value.response_type == UInt8(XCB_GE_GENERIC) else { return nil }
        let generic = event.as(xcb_ge_generic_event_t.self)
        guard generic.extension == opcode else { return nil }
        switch Int32(generic.event_type) {
        case XCB_INPUT_HIERARCHY:
            synthetic = [:]
            return nil
        case XCB_INPUT_RAW_KEY_PRESS:
            let key = event.as(xcb_input_raw_key_press_event_t.self)
            guard let keycode = UInt8(exactly: key.detail), try isPerson(key.sourceid) else { return nil }
            return .key(keycode)
        case XCB_INPUT_BUTTON_PRESS, XCB_INPUT_BUTTON_RELEASE, XCB_INPUT_MOTION:
            let pointer = event.as(xcb_input_button_press_event_t.self)
            // Device and master tell the same, one after the other. While moving, the device is one event behind.
            let isMotion = Int32(generic.event_type) == XCB_INPUT_MOTION
            guard isMotion == (pointer.deviceid != pointer.sourceid), try isPerson(pointer.sourceid) else { return nil }
            let (rootX, rootY) = (Int(pointer.root_x >> 16), Int(pointer.root_y >> 16))  // 16.16 fixed point
            if isMotion { return .motion(rootX: rootX, rootY: rootY) }
            guard let button = UInt8(exactly: pointer.detail).flatMap(PointerButton.init(rawValue:)) else { return nil }
            if Int32(generic.event_type) == XCB_INPUT_BUTTON_RELEASE { return .release(button) }
            return .press(
                button, x: Int(pointer.event_x >> 16), y: Int(pointer.event_y >> 16), rootX: rootX, rootY: rootY)
        default:
            return nil
        }
    }

    /// Whether a device is one that hands touch. A device that is gone meanwhile is nobody's.
    private mutating func isPerson(_ device: xcb_input_device_id_t) throws(DisplayError) -> Bool {
        if let isSynthetic = synthetic[device] { return !isSynthetic }
        let cookie = xcb_input_xi_get_property(connection.raw, device, 0, mark, 0, 0, 1)
        let answer = try connection.answer(xcb_input_xi_get_property_reply(connection.raw, cookie, nil))
        let isSynthetic = answer.map { $0.value.type != 0 } ?? true
        synthetic[device] = isSynthetic
        return !isSynthetic
    }

    private func select(_ mask: UInt32, of devices: xcb_input_device_t, in window: xcb_window_t) {
        cxcb_xinput_select(connection.raw, window, UInt16(devices.rawValue), mask)
    }
}
