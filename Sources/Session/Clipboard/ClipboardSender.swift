internal import NetPrimitives

/// Cuts what was copied here into messages for the other side's clipboard.
///
/// Only the newest text counts: one that has not gone completely when the next is copied is given up.
public struct ClipboardSender: Sendable {
    public struct Piece: Hashable, Sendable {
        public let message: [UInt8]
        /// Bytes of the text that is complete with this one.
        public let completes: Int?
    }

    private var text: ArraySlice<UInt8> = []
    private var hasBegun = false
    private var count = 0

    public init() {}

    /// Sends this next. Nothing happens when it is empty, or beyond the bound.
    public mutating func offer(_ text: String) {
        guard (1...ClipboardWire.maximumText).contains(text.utf8.count) else { return }
        self.text = Array(text.utf8)[...]
        (hasBegun, count) = (false, text.utf8.count)
    }

    /// Nothing of it goes any more.
    public mutating func giveUp() { text = [] }

    /// What to send next, when there is room for it.
    public mutating func nextPiece() -> Piece? {
        guard !text.isEmpty else { return nil }
        let piece = text.prefix(ClipboardWire.maximumPiece)
        var writer = ByteWriter(reservingCapacity: ClipboardWire.headerSize + piece.count)
        if hasBegun {
            writer.write(ClipboardWire.further)
        } else {
            writer.write(ClipboardWire.first)
            writer.write(UInt32(truncatingIfNeeded: count))
            hasBegun = true
        }
        writer.write(piece)
        text = text.dropFirst(piece.count)
        return Piece(message: writer.bytes, completes: text.isEmpty ? count : nil)
    }
}

/// How copied text goes over its data channel: a first message with a 1, the text's length in bytes of UTF-8 (32 bits, network
/// order) and the beginning; further ones with a 2 and what follows. A first message begins anew, whatever has come before.
enum ClipboardWire {
    static let first: UInt8 = 1
    static let further: UInt8 = 2
    /// Bytes of UTF-8.
    static let maximumText = 1 << 20
    /// Bytes of text in a message: with its header it fits where a channel takes 64 KiB at a time.
    static let maximumPiece = 32 << 10
    static let headerSize = 5
}
