internal import CXCB
internal import Glibc

/// A text in the clipboard that is ours: other programs ask for it and get it, a large one in pieces (ICCCM §2.7.2).
final class OfferedText {
    private struct Transfer {
        let requestor: xcb_window_t
        let property: xcb_atom_t
        let type: xcb_atom_t
        let text: [UInt8]
        var sent = 0
        var deadline: ContinuousClock.Instant
    }

    private let connection: Connection
    private let atoms: SelectionAtoms
    let window: xcb_window_t
    /// Becomes ours as soon as the server has told the time.
    private var coming: [UInt8]?
    private var text: [UInt8]?
    private var acquired: xcb_timestamp_t = 0
    private var transfers: [Transfer] = []

    /// What is longer goes in pieces of this size; every server takes a request of it.
    private static let piece = 64 << 10
    /// Programs that fetch a large text at the same time; beyond, the slowest gets no more.
    private static let maximumTransfers = 8
    private static let patience = Duration.seconds(5)

    init(_ connection: Connection, _ atoms: SelectionAtoms) {
        self.connection = connection
        self.atoms = atoms
        window = connection.makeHiddenWindow()
    }

    var nextDeadline: ContinuousClock.Instant? { transfers.map(\.deadline).min() }

    func put(_ text: String) {
        coming = Array(text.utf8)
        connection.setProperty(atoms.clock, of: window, type: atoms.timestamp, [UInt32]())
    }

    /// Somebody else has copied something.
    func lose() { text = nil }

    func giveUpSlow(at now: ContinuousClock.Instant) {
        for transfer in transfers where now >= transfer.deadline { forget(transfer) }
    }

    // MARK: Events

    func handle(_ change: xcb_property_notify_event_t) {
        if change.window == window, change.atom == atoms.clock { return acquire(at: change.time) }
        guard change.state == UInt8(XCB_PROPERTY_DELETE.rawValue),
            let index = transfers.firstIndex(where: { $0.requestor == change.window && $0.property == change.atom })
        else { return }
        var transfer = transfers[index]
        let piece = transfer.text[transfer.sent...].prefix(Self.piece)
        connection.setProperty(transfer.property, of: transfer.requestor, type: transfer.type, piece)
        guard !piece.isEmpty else { return forget(transfer) }  // an empty piece says that it was the last one
        transfer.sent += piece.count
        transfer.deadline = .now + Self.patience
        transfers[index] = transfer
    }

    func handle(_ request: xcb_selection_request_event_t) {
        // Old programs name no property, and mean the target's (ICCCM §2.2).
        let property = request.property == 0 ? request.target : request.property
        let isServed = request.selection == atoms.clipboard && serve(request, in: property)
        var notice = [UInt8](repeating: 0, count: 32)  // every event has 32 bytes on the wire
        let event = xcb_selection_notify_event_t(
            response_type: UInt8(XCB_SELECTION_NOTIFY), pad0: 0, sequence: 0, time: request.time, requestor: request.requestor,
            selection: request.selection, target: request.target, property: isServed ? property : 0)
        withUnsafeBytes(of: event) { notice.replaceSubrange(0..<$0.count, with: $0) }
        notice.withUnsafeBytes { bytes in
            // Unsafe: XCB copies the 32 bytes.
            let start = bytes.bindMemory(to: CChar.self).baseAddress
            _ = xcb_send_event(connection.raw, 0, request.requestor, 0, start)
        }
    }

    // MARK: Inside

    private func acquire(at time: xcb_timestamp_t) {
        guard let coming else { return }
        text = coming
        acquired = time
        self.coming = nil
        xcb_set_selection_owner(connection.raw, window, atoms.clipboard, time)
    }

    /// Puts what is asked for where it is wanted; false when we do not have it.
    private func serve(_ request: xcb_selection_request_event_t, in property: xcb_atom_t) -> Bool {
        // What was asked for before it was ours is another program's.
        guard let text, request.time == 0 || Int32(bitPattern: request.time &- acquired) >= 0 else { return false }
        switch request.target {
        case atoms.targets:
            connection.setProperty(property, of: request.requestor, type: XCB_ATOM_ATOM.rawValue, atoms.offered)
        case atoms.timestamp:
            connection.setProperty(property, of: request.requestor, type: XCB_ATOM_INTEGER.rawValue, [acquired])
        case atoms.utf8, atoms.plain:
            if text.count <= Self.piece {
                connection.setProperty(property, of: request.requestor, type: request.target, text)
            } else {
                begin(Transfer(
                    requestor: request.requestor, property: property, type: request.target, text: text, deadline: .now + Self.patience))
            }
        default:
            return false
        }
        return true
    }

    private func begin(_ transfer: Transfer) {
        if let former = transfers.first(where: { $0.requestor == transfer.requestor && $0.property == transfer.property }) {
            forget(former)
        }
        if transfers.count == Self.maximumTransfers, let slowest = transfers.min(by: { $0.deadline < $1.deadline }) {
            forget(slowest)
        }
        transfers.append(transfer)
        listen(to: transfer.requestor, XCB_EVENT_MASK_PROPERTY_CHANGE.rawValue)
        connection.setProperty(
            transfer.property, of: transfer.requestor, type: atoms.incremental, [UInt32(clamping: transfer.text.count)])
    }

    private func forget(_ transfer: Transfer) {
        transfers.removeAll { $0.requestor == transfer.requestor && $0.property == transfer.property }
        if !transfers.contains(where: { $0.requestor == transfer.requestor }) { listen(to: transfer.requestor, 0) }
    }

    /// It may be gone already: the server's complaint about that comes as an event, and nobody minds.
    private func listen(to requestor: xcb_window_t, _ events: UInt32) {
        xcb_change_window_attributes(connection.raw, requestor, XCB_CW_EVENT_MASK.rawValue, [events])
    }
}
