internal import CXCB
internal import ScreenCodec

/// The window of the notice: above all others, where a window manager leaves it alone, and back again when somebody moves,
/// covers, unmaps or destroys it.
///
/// Its picture is its background, which the server paints whenever a part appears.
final class NoticeWindow {
    private let connection: Connection
    private let person: PeoplesInput?
    private var window: xcb_window_t = 0
    private var picture: NoticePicture
    private var title: String
    /// The top left corner, on the screen.
    private var place: (x: Int, y: Int)
    private var isDragged = false
    private var grip: (x: Int, y: Int)?
    private var nextLook: ContinuousClock.Instant?
    private var lookedAt: ContinuousClock.Instant?

    /// After a repair the next one comes no sooner: two windows that both want to be on top must not make each other busy.
    private static let repairInterval = Duration.seconds(1)
    /// While windows come and go, the stack is looked at so often.
    private static let lookInterval = Duration.milliseconds(50)
    /// What lies above it is looked through so far.
    private static let mostAbove = 64

    init(_ connection: Connection, person: PeoplesInput?, picture: NoticePicture, title: String) throws(DisplayError) {
        self.connection = connection
        self.person = person
        self.picture = picture
        self.title = title
        place = (0, 0)
        try centre()
        try make()
    }

    deinit {
        xcb_destroy_window(connection.raw, window)
        _ = xcb_flush(connection.raw)
    }

    var layout: NoticeLayout { picture.layout }

    func show(_ picture: NoticePicture, title: String) throws(DisplayError) {
        self.picture = picture
        self.title = title
        if isDragged { try clamp() } else { try centre() }
        try paint()
        configure()
    }

    // MARK: Moving

    func grip(rootX: Int, rootY: Int) { grip = (rootX - place.x, rootY - place.y) }

    func letGo() { grip = nil }

    func drag(rootX: Int, rootY: Int) throws(DisplayError) {
        guard let grip else { return }
        isDragged = true
        place = (rootX - grip.x, rootY - grip.y)
        try clamp()
        configure()
    }

    private func centre() throws(DisplayError) {
        let monitor = try connection.primaryMonitor()
        place = (monitor.x + (monitor.width - layout.width) / 2, monitor.y)
        try clamp()
    }

    private func clamp() throws(DisplayError) {
        let screen = try connection.screenSize()
        place.x = max(0, min(place.x, screen.width - layout.width))
        place.y = max(0, min(place.y, screen.height - layout.height))
    }

    // MARK: Staying

    /// Something may have come above it, or happened to it.
    func mayBeDisturbed(at now: ContinuousClock.Instant) {
        nextLook = nextLook ?? max(now, lookedAt.map { $0 + Self.lookInterval } ?? now)
    }

    /// The screen has another size, or other monitors.
    func screenChanged(at now: ContinuousClock.Instant) throws(DisplayError) {
        if isDragged { try clamp() } else { try centre() }
        configure()
        mayBeDisturbed(at: now)
    }

    /// When `lookAfterItself` wants to be called.
    var nextDeadline: ContinuousClock.Instant? { nextLook }

    func lookAfterItself(at now: ContinuousClock.Instant) throws(DisplayError) {
        guard let due = nextLook, now >= due else { return }
        nextLook = nil
        lookedAt = try repair() ? now + Self.repairInterval : now
    }

    /// - Returns: whether anything had to be put right.
    private func repair() throws(DisplayError) -> Bool {
        let attributes = xcb_get_window_attributes(connection.raw, window)
        let geometry = xcb_get_geometry(connection.raw, window)
        let tree = xcb_query_tree(connection.raw, window)
        let seen = try connection.answer(xcb_get_window_attributes_reply(connection.raw, attributes, nil))?.value
        let area = try connection.answer(xcb_get_geometry_reply(connection.raw, geometry, nil))?.value
        let parent = try connection.answer(xcb_query_tree_reply(connection.raw, tree, nil))?.value.parent
        guard let seen, let area, parent == connection.root, seen.override_redirect != 0 else {
            xcb_destroy_window(connection.raw, window)
            try make()
            return true
        }
        let isMapped = seen.map_state == UInt8(XCB_MAP_STATE_VIEWABLE.rawValue)
        let isInPlace = Rectangle(area) == Rectangle(x: place.x, y: place.y, width: layout.width, height: layout.height)
        if isMapped, isInPlace, try !isCovered() { return false }
        configure()
        xcb_map_window(connection.raw, window)
        return true
    }

    /// Whether a window that is above it takes some of its place.
    private func isCovered() throws(DisplayError) -> Bool {
        let cookie = xcb_query_tree(connection.raw, connection.root)
        guard let tree = try connection.answer(xcb_query_tree_reply(connection.raw, cookie, nil)),
            let children = xcb_query_tree_children(tree.pointer)
        else { return false }
        // Unsafe: XCB says how many windows its answer holds, from the lowest to the highest.
        let stack = UnsafeBufferPointer(start: children, count: Int(xcb_query_tree_children_length(tree.pointer)))
        let own = Rectangle(x: place.x, y: place.y, width: layout.width, height: layout.height)
        for other in stack.reversed().prefix(Self.mostAbove) {
            if other == window { return false }
            let attributes = xcb_get_window_attributes(connection.raw, other)
            let geometry = xcb_get_geometry(connection.raw, other)
            let seen = try connection.answer(xcb_get_window_attributes_reply(connection.raw, attributes, nil))?.value
            let area = try connection.answer(xcb_get_geometry_reply(connection.raw, geometry, nil))?.value
            guard let seen, let area, seen.map_state == UInt8(XCB_MAP_STATE_VIEWABLE.rawValue),
                seen._class == UInt16(XCB_WINDOW_CLASS_INPUT_OUTPUT.rawValue)
            else { continue }
            if !Rectangle(area).intersection(own).isEmpty { return true }
        }
        return true
    }

    // MARK: Making

    private func make() throws(DisplayError) {
        window = xcb_generate_id(connection.raw)
        let events =
            XCB_EVENT_MASK_VISIBILITY_CHANGE.rawValue | XCB_EVENT_MASK_STRUCTURE_NOTIFY.rawValue
            | XCB_EVENT_MASK_BUTTON_PRESS.rawValue  // else the root window's owner, a desktop's menu for one, would get it
        let values = [1, events]
        xcb_create_window(
            connection.raw, connection.rootDepth, window, connection.root, Int16(clamping: place.x), Int16(clamping: place.y),
            UInt16(clamping: layout.width), UInt16(clamping: layout.height), 0,
            UInt16(XCB_WINDOW_CLASS_INPUT_OUTPUT.rawValue), 0,
            XCB_CW_OVERRIDE_REDIRECT.rawValue | XCB_CW_EVENT_MASK.rawValue, values)
        person?.listen(toPointersIn: window)
        try describe()
        try paint()
        configure()
        xcb_map_window(connection.raw, window)
    }

    private func describe() throws(DisplayError) {
        let kind = [try connection.atom("_NET_WM_WINDOW_TYPE_NOTIFICATION")]
        xcb_change_property(
            connection.raw, UInt8(XCB_PROP_MODE_REPLACE.rawValue), window, try connection.atom("_NET_WM_WINDOW_TYPE"),
            XCB_ATOM_ATOM.rawValue, 32, 1, kind)
        setText("ra-connect\0ra-connect\0", of: XCB_ATOM_WM_CLASS.rawValue, as: XCB_ATOM_STRING.rawValue)
    }

    private func setText(_ text: String, of property: xcb_atom_t, as type: xcb_atom_t) {
        let bytes = Array(text.utf8)
        xcb_change_property(
            connection.raw, UInt8(XCB_PROP_MODE_REPLACE.rawValue), window, property, type, 8, UInt32(bytes.count), bytes)
    }

    /// Makes the picture the window's background.
    private func paint() throws(DisplayError) {
        let utf8 = try connection.atom("UTF8_STRING")
        setText(title, of: try connection.atom("_NET_WM_NAME"), as: utf8)
        setText(title, of: XCB_ATOM_WM_NAME.rawValue, as: utf8)

        let (pixmap, context) = (xcb_generate_id(connection.raw), xcb_generate_id(connection.raw))
        xcb_create_pixmap(
            connection.raw, connection.rootDepth, pixmap, connection.root, UInt16(clamping: layout.width),
            UInt16(clamping: layout.height))
        xcb_create_gc(connection.raw, context, pixmap, 0, nil)
        picture.pixels.withUnsafeBytes { pixels in
            // Row by row: a request of this size every server takes.
            let stride = layout.width * MemoryLayout<UInt32>.stride
            for row in 0..<layout.height {
                guard let start = pixels.baseAddress?.advanced(by: row * stride) else { return }
                // Unsafe: the picture has `height` rows of `stride` bytes.
                xcb_put_image(
                    connection.raw, UInt8(XCB_IMAGE_FORMAT_Z_PIXMAP.rawValue), pixmap, context, UInt16(clamping: layout.width), 1, 0,
                    Int16(clamping: row), 0, connection.rootDepth, UInt32(stride), start.assumingMemoryBound(to: UInt8.self))
            }
        }
        xcb_change_window_attributes(connection.raw, window, XCB_CW_BACK_PIXMAP.rawValue, [pixmap])
        xcb_free_gc(connection.raw, context)
        xcb_free_pixmap(connection.raw, pixmap)
        xcb_clear_area(connection.raw, 0, window, 0, 0, 0, 0)
    }

    /// Puts it where it belongs, on top.
    private func configure() {
        let mask =
            XCB_CONFIG_WINDOW_X.rawValue | XCB_CONFIG_WINDOW_Y.rawValue | XCB_CONFIG_WINDOW_WIDTH.rawValue
            | XCB_CONFIG_WINDOW_HEIGHT.rawValue | XCB_CONFIG_WINDOW_STACK_MODE.rawValue
        let values = [
            UInt32(clamping: place.x), UInt32(clamping: place.y), UInt32(clamping: layout.width), UInt32(clamping: layout.height),
            XCB_STACK_MODE_ABOVE.rawValue,
        ]
        xcb_configure_window(connection.raw, window, UInt16(mask), values)
    }
}

extension Rectangle {
    fileprivate init(_ area: xcb_get_geometry_reply_t) {
        // A border belongs to the outside; ours has none.
        let border = 2 * Int(area.border_width)
        self.init(x: Int(area.x), y: Int(area.y), width: Int(area.width) + border, height: Int(area.height) + border)
    }
}
