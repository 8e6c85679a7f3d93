/// What a helper says right behind its tag, half a round trip before it hears that the sharer is who it should be: sealed, so
/// that nobody else can read it. A relay carries little before the sharer has confirmed; the rest waits.
struct EarlyPayloads: Sendable {
    /// A description and some candidates: what a path needs to be found.
    static let maximumCount = 8
    /// The most that an early payload holds, in bytes: in base64 and with its box it fits what a relay takes.
    static let maximumSize = 720
    /// Those that wait; there are fewer candidates than that.
    static let maximumWaiting = 128

    private var sent = 0
    private(set) var waiting: [[UInt8]] = []

    enum Admission: Sendable { case sent, waits, refused }

    /// What becomes of a payload; none overtakes another.
    mutating func admit(_ text: [UInt8]) -> Admission {
        if waiting.isEmpty, sent < Self.maximumCount, text.count <= Self.maximumSize {
            sent += 1
            return .sent
        }
        guard waiting.count < Self.maximumWaiting else { return .refused }
        waiting.append(text)
        return .waits
    }
}
