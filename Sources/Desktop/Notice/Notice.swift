internal import CXCB
internal import ScreenCodec

/// The notice on a shared screen: a small window above all others that says who sees it, with buttons that only people press.
///
/// It has a connection of its own, so that nothing that captures or types holds it up. Wait until `fileDescriptor` is readable or
/// `nextDeadline` has come, and take the events. It ends with the object, and with the process. Not `Sendable`: confined to the
/// thread that opened it.
public final class Notice {
    public enum Event: Hashable, Sendable {
        case pressed(NoticeAction)
        /// Somebody pressed Esc on a keyboard of this computer while the other side had control.
        case escape
    }

    private let connection: Connection
    private var person: PeoplesInput?
    private var window: NoticeWindow?
    private var content: NoticeContent?
    private let scale: Double
    private let screenChange: UInt8?
    /// Keycodes that mean Escape, or did when control was given: the helper can give keys another meaning.
    private var escapeKeys: Set<UInt8> = []

    /// Opens the display of that name; nil asks the environment.
    public init(display name: String? = nil) throws(DisplayError) {
        connection = try Connection(try DisplayName.resolve(name))
        person = try PeoplesInput(connection)
        scale = try connection.textScale()
        screenChange = try connection.watchMonitors()
        connection.watchRoot()
        // Fonts are looked for once, and that may take longer than people like to wait for the first picture.
        _ = NoticePicture(NoticeContent(name: "", hasControl: false, isPaused: false), hasButtons: true, scale: scale, room: 640)
        try connection.flush()
    }

    /// Whether what people do can be told from what the helper does (XInput 2.1). Where it cannot, the notice has no buttons, and
    /// Esc is not heard.
    public var tellsPeopleApart: Bool { person != nil }

    /// Readable when the server has something to say. Do not read from it.
    public var fileDescriptor: Int32 { connection.fileDescriptor }

    /// When `takeEvents` wants to be called although nothing came.
    public var nextDeadline: ContinuousClock.Instant? { window?.nextDeadline }

    /// Shows it, changes what it says, or (nil) takes it away; returns when it is so on the screen.
    public func show(_ content: NoticeContent?) throws(DisplayError) {
        guard content != self.content else { return }
        let hadControl = self.content?.hasControl ?? false
        self.content = content
        if let content {
            let picture = NoticePicture(
                content, hasButtons: tellsPeopleApart, scale: scale, room: try connection.primaryMonitor().width)
            if let window {
                try window.show(picture, title: content.title)
            } else {
                window = try NoticeWindow(connection, person: person, picture: picture, title: content.title)
            }
        } else {
            window = nil
        }
        let hasControl = content?.hasControl ?? false
        if hasControl != hadControl {
            escapeKeys = []
            if hasControl { try learnEscape() }
            person?.listen(toKeys: hasControl)
        }
        try connection.flush()
        connection.synchronize()
    }

    /// Takes in what the server sent, and what people did since the last call; puts the window back where it belongs.
    public func takeEvents() throws(DisplayError) -> [Event] {
        var events: [Event] = []
        let now = ContinuousClock.now
        while let event = xcb_poll_for_event(connection.raw).map(Owned.init) {
            if let done = try person?.read(event) {
                if let said = try heed(done), events.last != said { events.append(said) }
            } else {
                try follow(event, at: now)
            }
        }
        try window?.lookAfterItself(at: now)
        try connection.flush()
        if xcb_connection_has_error(connection.raw) != 0 { throw .displayLost }
        return events
    }

    private func heed(_ done: PeoplesInput.Event) throws(DisplayError) -> Event? {
        switch done {
        case .key(let keycode):
            return content?.hasControl == true && escapeKeys.contains(keycode) ? .escape : nil
        case .press(.left, let x, let y, let rootX, let rootY):
            if let action = window?.layout.action(x: x, y: y) { return .pressed(action) }
            window?.grip(rootX: rootX, rootY: rootY)
        case .release(.left): window?.letGo()
        case .motion(let rootX, let rootY): try window?.drag(rootX: rootX, rootY: rootY)
        case .press, .release: break
        }
        return nil
    }

    private func follow(_ event: Owned<xcb_generic_event_t>, at now: ContinuousClock.Instant) throws(DisplayError) {
        switch event.value.response_type {
        case UInt8(XCB_CONFIGURE_NOTIFY), UInt8(XCB_MAP_NOTIFY), UInt8(XCB_UNMAP_NOTIFY), UInt8(XCB_DESTROY_NOTIFY),
            UInt8(XCB_REPARENT_NOTIFY), UInt8(XCB_CIRCULATE_NOTIFY), UInt8(XCB_VISIBILITY_NOTIFY):
            window?.mayBeDisturbed(at: now)
        case UInt8(XCB_MAPPING_NOTIFY):
            if content?.hasControl == true { try learnEscape() }
        case screenChange:
            try window?.screenChanged(at: now)
        default:
            break  // the helper's, and errors of requests without an answer
        }
    }

    private func learnEscape() throws(DisplayError) {
        escapeKeys.formUnion(try KeyboardMap(connection).keycodes(of: .escape))
    }
}
