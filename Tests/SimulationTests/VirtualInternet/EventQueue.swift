import NetPrimitives

/// What is still to happen, in the order of time and, at one instant, of being scheduled: a binary heap.
struct EventQueue<Event> {
    private struct Entry {
        let at: Instant
        let sequence: Int
        let event: Event

        func isBefore(_ other: Entry) -> Bool { at == other.at ? sequence < other.sequence : at < other.at }
    }

    private var heap: [Entry] = []
    private var sequence = 0

    var nextAt: Instant? { heap.first?.at }

    mutating func schedule(_ event: Event, at instant: Instant) {
        heap.append(Entry(at: instant, sequence: sequence, event: event))
        sequence += 1
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The first event that is due at `now`.
    mutating func popDue(at now: Instant) -> Event? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.event }
        heap[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { break }
            let right = left + 1
            let child = right < heap.count && heap[right].isBefore(heap[left]) ? right : left
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first.event
    }
}
