import NetPrimitives

/// How soon a change of the network is followed by another connection. Anybody on the same link can make it change (router
/// advertisements), as often as they like: the first time counts at once, and what follows counts together.
struct ChangePace: Sendable {
    /// Within it one change counts at once. What comes besides counts in its second half, by chance: a whole network is told together.
    static let interval = Duration.seconds(5)

    /// When the network is to be looked at; nil when nothing has changed.
    private(set) var due: Instant?
    private var last: Instant?
    private var random: any RandomNumberGenerator & Sendable

    init(random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) { self.random = random }

    /// Something has changed.
    mutating func changed(at now: Instant) {
        guard due == nil else { return }
        guard let last, now - last < Self.interval else { return due = now }
        let half = Self.interval / 2
        due = max(now, last + half + half / 1000 * Int.random(in: 0...1000, using: &random))
    }

    /// Whether it is time.
    mutating func isTime(at now: Instant) -> Bool {
        guard let due, due <= now else { return false }
        self.due = nil
        return true
    }

    /// It has led to another connection.
    mutating func followed(at now: Instant) { (due, last) = (nil, now) }
}
