import Glibc
import NetPrimitives

/// What is going to happen, in order of time: a binary heap. What is for the same moment happens in the order in which it was planned.
final class Agenda {
    private struct Entry {
        let time: Instant
        let number: UInt64
        let act: () -> Void

        static func < (left: Entry, right: Entry) -> Bool {
            left.time == right.time ? left.number < right.number : left.time < right.time
        }
    }

    private(set) var now = Instant.zero
    private var heap: [Entry] = []
    private var planned: UInt64 = 0

    func after(_ delay: Duration, _ act: @escaping () -> Void) { at(now + delay, act) }

    func at(_ time: Instant, _ act: @escaping () -> Void) {
        planned += 1
        heap.append(Entry(time: max(time, now), number: planned, act: act))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Lets everything happen until then.
    func run(until end: Instant) {
        while let first = heap.first, first.time <= end {
            removeFirst()
            now = first.time
            first.act()
        }
        now = end
    }

    private func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

/// Seeded randomness (splitmix64).
struct Random: RandomNumberGenerator, Sendable {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// Equally likely up to a limit.
    mutating func duration(upTo limit: Duration) -> Duration { limit * Double.random(in: 0..<1, using: &self) }

    /// To the next of what happens so often in an hour.
    mutating func wait(perHour rate: Double) -> Duration { .seconds(-log(Double.random(in: 1e-12..<1, using: &self)) * 3600 / rate) }
}
