/// Cuts large messages into pieces that let something urgent pass between them, and puts them together again.
///
/// SCTP sends one message to its end before it begins another (RFC 8831 §6.6 without I-DATA), so that a key
/// frame would hold a chat line back for as long as it takes. Each piece begins with one byte: 1 when more
/// follows, 0 when the message ends with it.
struct ScreenFragments: Sendable {
    /// Bytes of a picture in one piece: a quarter of a second at 1 Mbit/s.
    static let size = 32 * 1024
    /// Bytes of the largest message that is put together: no picture of ours comes near it.
    static let maximumMessage = 16 << 20

    private var partial: [UInt8] = []

    /// The pieces of a message, in order; one for an empty message.
    static func cut(_ message: [UInt8]) -> [[UInt8]] {
        guard message.count > size else { return [[0] + message] }
        return stride(from: 0, to: message.count, by: size).map { start in
            let end = min(start + size, message.count)
            return [end < message.count ? 1 : 0] + message[start..<end]
        }
    }

    /// Takes a piece; the whole message when it was the last.
    ///
    /// What is malformed or too large is dropped with everything before it: the next key frame heals it.
    mutating func receive(_ piece: [UInt8]) -> [UInt8]? {
        guard let first = piece.first, first <= 1, partial.count + piece.count <= Self.maximumMessage else {
            partial = []
            return nil
        }
        if first == 0, partial.isEmpty { return Array(piece.dropFirst()) }
        partial += piece.dropFirst()
        guard first == 0 else { return nil }
        defer { partial = [] }
        return partial
    }
}
