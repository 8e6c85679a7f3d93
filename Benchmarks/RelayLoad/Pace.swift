/// When the next burst is due: at a rate, or as soon as the window lets it.
struct Pace {
    /// Behind by so many nanoseconds, another process had the core: what was not sent is not caught up with.
    private static let patience = 1e7

    private let interval: Double?
    private let window: Int
    private let packetsPerTurn: Int
    private var next: Double?

    init(_ pattern: Pattern) {
        interval = pattern.rate.map { 1e9 / $0 * Double(pattern.packetsPerTurn) }
        window = pattern.window
        packetsPerTurn = pattern.packetsPerTurn
    }

    /// Whether a burst may be sent; if so, it counts as sent. Nanoseconds.
    mutating func isDue(at time: Int64, outstanding: Int) -> Bool {
        guard let interval else { return outstanding + packetsPerTurn <= window }
        let time = Double(time)
        var due = next ?? time
        guard time >= due else { return false }
        if time - due > Self.patience { due = time }
        next = due + interval
        return true
    }
}
