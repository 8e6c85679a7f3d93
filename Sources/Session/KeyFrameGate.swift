internal import NetPrimitives

/// Lets key frame requests through at most once an interval; one that comes too early is answered when it is over.
struct KeyFrameGate: Hashable, Sendable {
    private(set) var next: Instant?
    private(set) var isWaiting = false

    var deadline: Instant? { isWaiting ? next : nil }

    /// True when a key frame should be made now.
    mutating func request(at now: Instant, interval: Duration) -> Bool {
        isWaiting = true
        return open(at: now, interval: interval)
    }

    /// True when a request that waited is due.
    mutating func open(at now: Instant, interval: Duration) -> Bool {
        guard isWaiting, next.map({ now >= $0 }) ?? true else { return false }
        isWaiting = false
        next = now + interval
        return true
    }

    /// The screen stopped; it begins again with a key frame anyhow.
    mutating func reset() { isWaiting = false }
}
