/// What a connection has said while it waits for the store, in order, within bounds.
struct QueuedTexts: Sendable {
    /// A description, a few dozen candidates and the key of a seat follow the word that a meeting is confirmed.
    static let maximumCount = 64
    /// Of which each is a kilobyte.
    static let maximumBytes = 128 * 1024

    private var texts: [[UInt8]] = []
    private var bytes = 0

    /// False, and nothing is kept, when there is no room for it.
    mutating func append(_ text: [UInt8]) -> Bool {
        guard texts.count < Self.maximumCount, bytes + text.count <= Self.maximumBytes else { return false }
        texts.append(text)
        bytes += text.count
        return true
    }

    mutating func next() -> [UInt8]? {
        guard !texts.isEmpty else { return nil }
        bytes -= texts[0].count
        return texts.removeFirst()
    }
}
