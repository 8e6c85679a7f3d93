public import NetPrimitives
import Synchronization

/// What several workers may relay together: a user's share, or everybody's.
///
/// A token bucket without a rate: it knows only until when its lines are busy, and whoever takes from it says how long
/// a line of the present rate would be busy with that. So another rate holds at once, for what is there as well.
public final class TrafficBudget {
    /// After a pause so much time's worth goes at once, in nanoseconds: a second holds a key frame at any rate that is
    /// worth having.
    public static let burst: Int64 = 1_000_000_000

    /// A line that takes one thing after the other.
    struct Line: ~Copyable {
        private let busyUntil = Atomic<Int64>(.min)

        /// Keeps it busy for so many nanoseconds more; false when it is busy for longer than a burst already.
        ///
        /// Asked so, what is taken at once may be of any size, and no more than one of them is too many.
        func take(_ time: Int64, at now: Int64) -> Bool {
            var until = busyUntil.load(ordering: .relaxed)
            while until <= now &+ TrafficBudget.burst {
                let (isTaken, found) = busyUntil.weakCompareExchange(
                    expected: until, desired: max(until, now) &+ time, ordering: .relaxed)
                if isTaken { return true }
                until = found
            }
            return false
        }

        /// Keeps it busy for so many nanoseconds more in any case; for how long it is now busy.
        func add(_ time: Int64, at now: Int64) -> Int64 {
            var until = busyUntil.load(ordering: .relaxed)
            while true {
                let next = max(until, now) &+ time
                let (isTaken, found) = busyUntil.weakCompareExchange(expected: until, desired: next, ordering: .relaxed)
                if isTaken { return next &- now }
                until = found
            }
        }

        /// Gives back what was taken and not used, or takes what was used beyond that, whatever the line says.
        func settle(_ left: Int64) { busyUntil.wrappingSubtract(left, ordering: .relaxed) }

        func isBusy(at now: Int64) -> Bool { busyUntil.load(ordering: .relaxed) > now }
    }

    /// unsafe: both live as long as the budget, and whoever keeps the pointers keeps it.
    let bytes = UnsafeMutablePointer<Line>.allocate(capacity: 1)
    let packets = UnsafeMutablePointer<Line>.allocate(capacity: 1)

    public init() {
        bytes.initialize(to: Line())
        packets.initialize(to: Line())
    }

    deinit {
        for line in [bytes, packets] {
            line.deinitialize(count: 1)
            line.deallocate()
        }
    }

    /// Counts bytes that have arrived already; how long to wait before more may.
    public func charge(_ count: Int, _ rate: TrafficLimits.Rate, at now: Instant) -> Duration {
        let busy = bytes.pointee.add(TrafficPrice(rate).bytes(count), at: now.nanoseconds)
        return .nanoseconds(max(0, busy &- Self.burst))
    }

    /// Whether it differs from a new one.
    func isBusy(at now: Int64) -> Bool { bytes.pointee.isBusy(at: now) || packets.pointee.isBusy(at: now) }
}

extension TrafficBudget: @unchecked Sendable {}  // unsafe: its lines are atomics that never move
