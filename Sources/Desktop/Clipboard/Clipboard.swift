internal import CXCB

/// The clipboard of a desktop: tells what other programs copy, and holds a text for them to paste. Text alone, in UTF-8.
///
/// Of X11's selections it is CLIPBOARD, what one copies on purpose, and not PRIMARY, what one has marked. It has a connection of
/// its own; wait until `fileDescriptor` is readable or `nextDeadline` has come, and take the events. What was put there goes with
/// the object, as with any program. Not `Sendable`: confined to the thread that opened it.
public final class Clipboard {
    public enum Event: Hashable, Sendable {
        /// Not empty, and within the bound.
        case copied(String)
        /// Marked by the program that it was copied from as something that must not be kept (x-kde-passwordManagerHint).
        case copiedSecret
        case copiedTooMuch
    }

    /// Of UTF-8, in either direction.
    public static let maximumBytes = 1 << 20

    private let connection: Connection
    private let atoms: SelectionAtoms
    private let offer: OfferedText
    private let ownerChanged: UInt8
    private var reading: CopiedText?
    /// What is not wanted any more, and whose owners have not answered.
    private var abandoned: [CopiedText] = []
    /// Programs that do not answer; the first of more than these finds nobody there when it does.
    private static let maximumAbandoned = 16
    private var isWatching = false

    /// Opens the display of that name; nil asks the environment.
    public init(display name: String? = nil) throws(DisplayError) {
        connection = try Connection(try DisplayName.resolve(name))
        guard let first = UInt8(exactly: cxcb_xfixes_first_event(connection.raw)) else { throw .missingExtension("XFIXES") }
        ownerChanged = first &+ UInt8(XCB_XFIXES_SELECTION_NOTIFY)
        // A server treats a client that never named a version as one that knows none.
        let cookie = xcb_xfixes_query_version(connection.raw, 5, 0)
        _ = try connection.answer(xcb_xfixes_query_version_reply(connection.raw, cookie, nil))
        atoms = try SelectionAtoms(connection)
        offer = OfferedText(connection, atoms)
        try connection.flush()
    }

    /// Readable when the server has something to say. Do not read from it.
    public var fileDescriptor: Int32 { connection.fileDescriptor }

    /// When `takeEvents` wants to be called although nothing came.
    public var nextDeadline: ContinuousClock.Instant? {
        [reading?.deadline, offer.nextDeadline].compactMap(\.self).min()
    }

    /// Whether it tells what is copied from now on. What was copied before is never told.
    public func watch(_ wanted: Bool) throws(DisplayError) {
        isWatching = wanted
        abandonReading()
        let mask = wanted ? XCB_XFIXES_SELECTION_EVENT_MASK_SET_SELECTION_OWNER.rawValue : 0
        xcb_xfixes_select_selection_input(connection.raw, connection.root, atoms.clipboard, mask)
        try connection.flush()
        connection.synchronize()
    }

    /// Has it there for every program to paste, in place of what was copied before.
    ///
    /// - Precondition: it is within the bound.
    public func put(_ text: String) throws(DisplayError) {
        precondition(text.utf8.count <= Self.maximumBytes)
        offer.put(text)
        try connection.flush()
    }

    /// Takes in what the server and other programs sent; returns what was copied since the last call.
    public func takeEvents() throws(DisplayError) -> [Event] {
        var events: [Event] = []
        var copiedAt: xcb_timestamp_t?
        while let event = xcb_poll_for_event(connection.raw).map(Owned.init) {
            guard let outcome = try take(event, &copiedAt) else { continue }
            abandonReading()
            switch outcome {
            case .text(let text): events.append(.copied(text))
            case .secret: events.append(.copiedSecret)
            case .tooLarge: events.append(.copiedTooMuch)
            case .nothing: break
            }
        }
        let now = ContinuousClock.now
        if let deadline = reading?.deadline, now >= deadline { abandonReading() }
        if let copiedAt {
            abandonReading()
            reading = CopiedText(connection, atoms, copiedAt: copiedAt)
        }
        abandoned.removeAll { $0.isOver || now >= $0.deadline }
        offer.giveUpSlow(at: now)
        try connection.flush()
        if xcb_connection_has_error(connection.raw) != 0 { throw .displayLost }
        return events
    }

    private func abandonReading() {
        guard let former = reading else { return }
        reading = nil
        guard !former.isOver else { return }
        former.abandon()
        if abandoned.count == Self.maximumAbandoned { abandoned.removeFirst() }
        abandoned.append(former)
    }

    /// - Parameter copiedAt: set to when something was copied that is to be read.
    private func take(
        _ event: Owned<xcb_generic_event_t>, _ copiedAt: inout xcb_timestamp_t?
    ) throws(DisplayError) -> CopiedText.Outcome? {
        // Answers are sent by programs, which sets the highest bit.
        switch event.value.response_type & 0x7F {
        case ownerChanged:
            let change = event.as(xcb_xfixes_selection_notify_event_t.self)
            guard isWatching, change.selection == atoms.clipboard, change.owner != 0 else { break }
            // Of several that were copied in a moment the last one counts; what we put there is no news.
            copiedAt = change.owner == offer.window ? nil : change.selection_timestamp
            abandonReading()
        case UInt8(XCB_SELECTION_NOTIFY):
            for former in abandoned { _ = try former.handle(event.as(xcb_selection_notify_event_t.self)) }
            return try reading?.handle(event.as(xcb_selection_notify_event_t.self))
        case UInt8(XCB_PROPERTY_NOTIFY):
            let change = event.as(xcb_property_notify_event_t.self)
            offer.handle(change)
            for former in abandoned { _ = try former.handle(change) }
            return try reading?.handle(change)
        case UInt8(XCB_SELECTION_REQUEST):
            offer.handle(event.as(xcb_selection_request_event_t.self))
        case UInt8(XCB_SELECTION_CLEAR):
            offer.lose()
        default:
            break  // errors of requests without an answer: whoever asked is gone
        }
        return nil
    }
}
