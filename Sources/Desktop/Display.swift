internal import CXCB
public import ScreenCodec

/// An X11 desktop: its picture, what changes in it, and its keyboard and pointer.
///
/// Wait until `fileDescriptor` is readable, and ask at the pace of pictures anyway: the pointer moves without telling.
/// When it goes, everything it holds down is lifted and every borrowed key given back.
/// Not `Sendable`: confined to the thread that opened it.
public final class Display {
    /// What `$DISPLAY` would hold.
    public let name: String
    /// Pixels.
    public private(set) var width: Int
    public private(set) var height: Int
    /// Whether the pointer is part of the captured picture.
    public var drawsPointer = true

    let connection: Connection
    let keyboard: Keyboard
    let pointer: Pointer
    private let image: ScreenImage
    private let damageEvent: UInt8
    private let resizeEvent: UInt8
    private let cursorEvent: UInt8
    private let damageMonitor: xcb_damage_damage_t
    private let damageParts: xcb_xfixes_region_t

    private var pending = DamageRegion()
    private var mustFetchDamage = false
    private var events: [DisplayEvent] = []
    private var cursor = Cursor()
    private var pointerPlace = (x: 0, y: 0)

    /// Opens the display of that name; nil asks the environment.
    public static func open(_ name: String? = nil) throws(DisplayError) -> Display {
        try Display(DisplayName.resolve(name))
    }

    private init(_ name: String) throws(DisplayError) {
        self.name = name
        let connection = try Connection(name)
        self.connection = connection
        try Self.checkPixels(connection)
        let extensions = try Extensions(connection)
        damageEvent = extensions.damageNotify
        resizeEvent = extensions.screenChangeNotify
        cursorEvent = extensions.cursorNotify

        damageMonitor = xcb_generate_id(connection.raw)
        damageParts = xcb_generate_id(connection.raw)
        let root = connection.root
        xcb_xfixes_create_region(connection.raw, damageParts, 0, nil)
        xcb_damage_create(connection.raw, damageMonitor, root, UInt8(XCB_DAMAGE_REPORT_LEVEL_NON_EMPTY.rawValue))
        xcb_randr_select_input(connection.raw, root, UInt16(XCB_RANDR_NOTIFY_MASK_SCREEN_CHANGE.rawValue))
        xcb_xfixes_select_cursor_input(connection.raw, root, XCB_XFIXES_CURSOR_NOTIFY_MASK_DISPLAY_CURSOR.rawValue)

        image = ScreenImage(connection)
        keyboard = Keyboard(connection)
        pointer = Pointer(connection)
        (width, height) = try connection.screenSize()
        cursor = try Cursor(connection)
        pending.insert(bounds)
        try followPointer()
    }

    /// Readable when the server has something to say. Do not read from it.
    public var fileDescriptor: Int32 { connection.fileDescriptor }

    /// Whether pictures come through shared memory; known after the first capture.
    public var usesSharedMemory: Bool { image.usesSharedMemory }

    public var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

    /// Takes in what the server sent and returns what changed since the last call; everything, at the first.
    ///
    /// The pointer's old and new place count as changed when it moved or looks different.
    public func pollDamage() throws(DisplayError) -> DamageRegion {
        try takeEvents()
        try fetchDamage()
        try followPointer()
        keyboard.giveBackIdle()
        try connection.flush()
        defer { pending = DamageRegion() }
        return pending.clipped(to: bounds)
    }

    /// What else happened; ask after `pollDamage()` until nil.
    public func nextEvent() -> DisplayEvent? { events.isEmpty ? nil : events.removeFirst() }

    /// Copies the screen into `frame`, which is replaced when its size differs.
    /// - Parameter damage: what changed since `frame` was captured before; nil copies everything.
    public func capture(_ damage: DamageRegion? = nil, into frame: inout Frame) throws(DisplayError) {
        for _ in 0..<Self.captureAttempts {
            var damage = damage ?? DamageRegion(bounds)
            if frame.width != width || frame.height != height {
                frame = Frame(width: width, height: height)
                damage = DamageRegion(bounds)
            }
            guard let code = try read(damage.clipped(to: bounds).rows, into: &frame) else { return }
            // A screen that was resized a moment ago is smaller than we think.
            let size = try connection.screenSize()
            guard size != (width, height) else { throw .captureRefused(code: code) }
            resize(to: size)
        }
        throw .captureRefused(code: 0)
    }

    /// A screen that changes its size in this many captures in a row is not one to look at.
    private static let captureAttempts = 4

    private func read(_ rows: [Range<Int>], into frame: inout Frame) throws(DisplayError) -> UInt8? {
        for rows in rows {
            if let code = try image.read(rows: rows, into: &frame) { return code }
            if drawsPointer { cursor.draw(pointingAt: pointerPlace, within: rows, on: &frame) }
        }
        return nil
    }
}

// MARK: What the server tells

extension Display {
    func takeEvents() throws(DisplayError) {
        while let event = xcb_poll_for_event(connection.raw).map(Owned.init) {
            try take(event)
        }
        if xcb_connection_has_error(connection.raw) != 0 { throw .displayLost }
    }

    private func take(_ event: Owned<xcb_generic_event_t>) throws(DisplayError) {
        // An event that another client sent has the highest bit set, and falls through.
        switch event.value.response_type {
        case damageEvent:
            mustFetchDamage = true
        case resizeEvent:
            resize(to: try connection.screenSize())
        case cursorEvent:
            pending.insert(cursor.area(pointingAt: pointerPlace))
            cursor = try Cursor(connection)
            pending.insert(cursor.area(pointingAt: pointerPlace))
        case UInt8(XCB_MAPPING_NOTIFY):
            keyboard.forgetMapping()
        default:
            break  // errors of requests without an answer, and events nobody asked for
        }
    }

    /// Takes the damaged area out of the server's account of it.
    private func fetchDamage() throws(DisplayError) {
        guard mustFetchDamage else { return }
        mustFetchDamage = false
        xcb_damage_subtract(connection.raw, damageMonitor, 0, damageParts)
        let cookie = xcb_xfixes_fetch_region(connection.raw, damageParts)
        guard let reply = try connection.answer(xcb_xfixes_fetch_region_reply(connection.raw, cookie, nil)) else {
            return pending.insert(bounds)
        }
        var parts = xcb_xfixes_fetch_region_rectangles_iterator(reply.pointer)
        while parts.rem > 0, let part = parts.data?.pointee {
            pending.insert(Rectangle(x: Int(part.x), y: Int(part.y), width: Int(part.width), height: Int(part.height)))
            xcb_rectangle_next(&parts)
        }
    }

    private func followPointer() throws(DisplayError) {
        let cookie = xcb_query_pointer(connection.raw, connection.root)
        let answer = xcb_query_pointer_reply(connection.raw, cookie, nil)
        guard let reply = try connection.answer(answer)?.value else { return }
        let place = (x: Int(reply.root_x), y: Int(reply.root_y))
        guard place != pointerPlace else { return }
        pending.insert(cursor.area(pointingAt: pointerPlace))
        pointerPlace = place
        pending.insert(cursor.area(pointingAt: pointerPlace))
    }

    private func resize(to size: (width: Int, height: Int)) {
        guard size != (width, height) else { return }
        (width, height) = size
        pending = DamageRegion(bounds)
        // Only the last size matters to whoever asks late.
        events = [.resized(width: width, height: height)]
    }
}

// MARK: Opening

extension Display {
    private static func checkPixels(_ connection: Connection) throws(DisplayError) {
        let depth = connection.rootDepth
        let bits = connection.bitsPerPixel(depth: depth) ?? 0
        guard depth == 24 || depth == 32, bits == 32, connection.isLittleEndian,
            connection.rootMasks == [0xFF0000, 0xFF00, 0xFF]
        else { throw .unsupportedPixels(depth: Int(depth), bitsPerPixel: bits) }
    }
}
