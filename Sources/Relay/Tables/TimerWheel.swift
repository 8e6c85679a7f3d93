import NetPrimitives

/// All deadlines of a machine, rounded up to whole seconds: to begin one, to move it and to end it takes the same short
/// time however many there are, and so does to know the next.
///
/// One ring with a list for every second. It is longer than any lifetime that RFC 8656 lets a server grant, so that
/// a timer lies where it goes off and need not be carried from coarser rings to finer ones; one beyond it waits at the
/// ring's end, and is put into place from there.
struct TimerWheel<Value: Sendable>: Sendable {
    typealias Timer = Slab<Entry>.Handle

    struct Entry: Sendable {
        fileprivate let value: Value
        fileprivate var tick: Int64
        /// In the ring.
        fileprivate var place: UInt16 = 0
        /// In the list of its place.
        fileprivate var previous = Timer.none
        fileprivate var next = Timer.none
    }

    /// What has ended is not believed any more, whether its timer has gone off or not. What is late by so much is what it
    /// holds: a port, memory; and a worker is not woken more often for it.
    private static var granularity: Int64 { 1_000_000_000 }
    /// Seconds, 68 minutes: the longest lifetime is 60.
    private static var horizon: Int64 { Int64(BitRing.count) - 1 }

    private var entries = Slab<Entry>()
    private var heads = [Timer](repeating: .none, count: BitRing.count)
    private var taken = BitRing()
    /// Every timer lies after it, by `horizon` at most.
    private var elapsed: Int64 = 0

    var count: Int { entries.count }

    /// When the next timer goes off, never before its deadline.
    var nextDeadline: Instant? { nextTick.map { .zero + .seconds($0) } }

    /// When a timer goes off.
    func deadline(of timer: Timer) -> Instant? { entries[timer].map { .zero + .seconds($0.tick) } }

    mutating func start(_ value: Value, at deadline: Instant, now: Instant) -> Timer {
        catchUp(with: now)
        let timer = entries.insert(Entry(value: value, tick: Self.tick(notBefore: deadline)))
        place(timer)
        return timer
    }

    /// Sees that a timer goes off at this deadline or before.
    mutating func bringForward(_ timer: Timer, to deadline: Instant, now: Instant) {
        guard let entry = entries[timer], Self.tick(notBefore: deadline) < entry.tick else { return }
        move(timer, to: deadline, now: now)
    }

    mutating func move(_ timer: Timer, to deadline: Instant, now: Instant) {
        guard entries[timer] != nil else { return }
        unlink(timer)
        catchUp(with: now)
        entries[timer]?.tick = Self.tick(notBefore: deadline)
        place(timer)
    }

    mutating func cancel(_ timer: Timer) {
        unlink(timer)
        _ = entries.remove(timer)
    }

    /// Ends the timers whose deadlines have passed, a second ago or before that at the latest.
    mutating func removeDue(at now: Instant) -> [Value] {
        var due: [Value] = []
        while let tick = nextTick, tick <= Self.tick(before: now) {
            elapsed = tick
            var timer = heads[Self.place(of: tick)]
            while let entry = entries[timer] {
                unlink(timer)
                if entry.tick > tick {
                    place(timer)
                } else if let entry = entries.remove(timer) {
                    due.append(entry.value)
                }
                timer = entry.next
            }
        }
        catchUp(with: now)
        return due
    }

    // MARK: The ring

    private var nextTick: Int64? {
        let start = Self.place(of: elapsed &+ 1)
        return taken.first(from: start).map { elapsed &+ 1 &+ Int64(($0 - start) & (BitRing.count - 1)) }
    }

    /// Turns the ring on, as far as no timer lies: so that it reaches as far as it can.
    private mutating func catchUp(with now: Instant) {
        let reached = Self.tick(before: now)
        elapsed = max(elapsed, nextTick.map { min(reached, $0 - 1) } ?? reached)
    }

    private mutating func place(_ timer: Timer) {
        guard let entry = entries[timer] else { return }
        let place = Self.place(of: min(max(entry.tick, elapsed &+ 1), elapsed &+ Self.horizon))
        let next = heads[place]
        entries[timer]?.place = UInt16(place)
        entries[timer]?.previous = .none
        entries[timer]?.next = next
        entries[next]?.previous = timer
        heads[place] = timer
        taken.insert(place)
    }

    private mutating func unlink(_ timer: Timer) {
        guard let entry = entries[timer] else { return }
        entries[entry.next]?.previous = entry.previous
        if entries[entry.previous] != nil {
            entries[entry.previous]?.next = entry.next
        } else {
            heads[Int(entry.place)] = entry.next
            if entries[entry.next] == nil { taken.remove(Int(entry.place)) }
        }
    }

    private static func place(of tick: Int64) -> Int { Int(truncatingIfNeeded: tick) & (BitRing.count - 1) }

    private static func tick(before instant: Instant) -> Int64 {
        let (ticks, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: granularity)
        return rest < 0 ? ticks - 1 : ticks
    }

    private static func tick(notBefore instant: Instant) -> Int64 {
        let (ticks, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: granularity)
        return rest > 0 ? ticks + 1 : ticks
    }
}
