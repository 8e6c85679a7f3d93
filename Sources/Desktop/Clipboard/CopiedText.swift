internal import CXCB
internal import Glibc

/// One fetching of what another program has copied: asks what there is, then for the text, in one piece or in many (INCR).
///
/// It has a window of its own, so that what a slow program sends too late reaches nobody. The window stays until whoever was asked has
/// answered: simple programs die of an error when it is gone.
final class CopiedText {
    enum Outcome {
        case text(String)
        /// A program that keeps passwords marks it as one.
        case secret
        case tooLarge
        /// There is no text, or nobody answered.
        case nothing
    }

    private enum Stage {
        case asksWhatThereIs
        case asksForText
        case takesPieces([UInt8])
        /// Nobody wants it any more, but who sends it goes on until the end.
        case discardsPieces
        case over
    }

    private let connection: Connection
    private let atoms: SelectionAtoms
    private let time: xcb_timestamp_t
    private let window: xcb_window_t
    private var stage = Stage.asksWhatThereIs
    private var isWanted = true
    /// When whoever has copied it is not waited for any more.
    private(set) var deadline: ContinuousClock.Instant

    /// For each answer, and each piece: a program that is busy for longer is taken for one that hangs.
    private static let patience = Duration.seconds(5)
    /// For what nobody waits for any more.
    private static let longPatience = Duration.seconds(60)

    /// - Parameter time: the server's, when it was copied.
    init(_ connection: Connection, _ atoms: SelectionAtoms, copiedAt time: xcb_timestamp_t) {
        self.connection = connection
        self.atoms = atoms
        self.time = time
        window = connection.makeHiddenWindow()
        deadline = .now + Self.patience
        ask(for: atoms.targets)
    }

    deinit { xcb_destroy_window(connection.raw, window) }

    /// Whether nobody was asked who has not answered.
    var isOver: Bool {
        if case .over = stage { true } else { false }
    }

    /// What it is does not matter any more.
    func abandon() {
        isWanted = false
        if case .takesPieces = stage { stage = .discardsPieces }
        deadline = .now + Self.longPatience
    }

    private func ask(for target: xcb_atom_t) {
        deadline = .now + Self.patience
        xcb_convert_selection(connection.raw, window, atoms.clipboard, target, atoms.answer, time)
    }

    /// The owner's answer; the outcome when there is nothing more to wait for.
    func handle(_ answer: xcb_selection_notify_event_t) throws(DisplayError) -> Outcome? {
        guard answer.requestor == window else { return nil }
        guard answer.property == atoms.answer, let property = try takeProperty() else { return end(.nothing) }
        switch (stage, property) {
        case (.asksWhatThereIs, .bytes(let bytes, _)) where isWanted:
            let targets = bytes.withUnsafeBytes { Array($0.bindMemory(to: xcb_atom_t.self)) }
            if targets.contains(atoms.secret) { return end(.secret) }
            guard let text = [atoms.utf8, atoms.plain].first(where: targets.contains) else { return end(.nothing) }
            stage = .asksForText
            ask(for: text)
            return nil
        case (.asksForText, .bytes(_, type: atoms.incremental)):  // how long it will be at least; it is counted anyway
            stage = isWanted ? .takesPieces([]) : .discardsPieces
            deadline = .now + (isWanted ? Self.patience : Self.longPatience)
            return nil
        case (.asksForText, .bytes(let bytes, _)): return end(Self.outcome(bytes))
        case (.asksForText, .tooLarge): return end(.tooLarge)
        case (.asksWhatThereIs, _), (.takesPieces, _), (.discardsPieces, _), (.over, _): return end(.nothing)
        }
    }

    /// The owner has put the next piece where the first answer was.
    func handle(_ change: xcb_property_notify_event_t) throws(DisplayError) -> Outcome? {
        guard change.window == window, change.atom == atoms.answer, change.state == UInt8(XCB_PROPERTY_NEW_VALUE.rawValue)
        else { return nil }
        switch stage {
        case .asksWhatThereIs, .asksForText, .over: return nil
        case .discardsPieces:
            if case .bytes(let piece, _)? = try takeProperty(), !piece.isEmpty { return nil }
            return end(.nothing)
        case .takesPieces(var text):
            switch try takeProperty() {
            case nil: return end(.nothing)
            case .tooLarge?: return end(.tooLarge)
            case .bytes(let piece, _)?:
                if piece.isEmpty { return end(Self.outcome(text)) }
                guard text.count + piece.count <= Clipboard.maximumBytes else {
                    stage = .discardsPieces
                    return .tooLarge
                }
                text += piece
                stage = .takesPieces(text)
                deadline = .now + Self.patience
                return nil
            }
        }
    }

    private func end(_ outcome: Outcome) -> Outcome {
        stage = .over
        return outcome
    }

    private static func outcome(_ bytes: [UInt8]) -> Outcome {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else { return .nothing }
        return .text(text)
    }

    private enum Property {
        case bytes([UInt8], type: xcb_atom_t)
        case tooLarge
    }

    /// Takes the answer away, by which the owner knows that it can go on.
    private func takeProperty() throws(DisplayError) -> Property? {
        let words = UInt32(Clipboard.maximumBytes / 4)
        let cookie = xcb_get_property(connection.raw, 1, window, atoms.answer, 0, 0, words)
        guard let reply = try connection.answer(xcb_get_property_reply(connection.raw, cookie, nil)), reply.value.type != 0
        else { return nil }
        guard reply.value.bytes_after == 0 else { return .tooLarge }
        let count = Int(xcb_get_property_value_length(reply.pointer))
        // Unsafe: XCB says how many bytes its answer holds; they are copied.
        let bytes = xcb_get_property_value(reply.pointer).map { [UInt8](UnsafeRawBufferPointer(start: $0, count: count)) }
        return .bytes(bytes ?? [], type: reply.value.type)
    }
}
