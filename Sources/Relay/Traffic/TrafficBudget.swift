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

        /// Gives back what was taken and not used, or takes what was used beyond that, whatever the line says.
        func settle(_ left: Int64) { busyUntil.wrappingSubtract(left, ordering: .relaxed) }

        /// There are other rates: what was taken at the former ones keeps nobody waiting.
        func forgive(at now: Int64) {
            var until = busyUntil.load(ordering: .relaxed)
            while until > now &+ TrafficBudget.burst {
                let (isDone, found) = busyUntil.weakCompareExchange(
                    expected: until, desired: now &+ TrafficBudget.burst, ordering: .relaxed)
                if isDone { return }
                until = found
            }
        }

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

    /// Whether bytes that are no packet's may go, and then they are counted; refused ones cost nothing.
    public func admits(bytes count: Int, _ rate: TrafficLimits.Rate, at now: Instant) -> Bool {
        let price = TrafficPrice(rate)
        return !price.limitsBytes || bytes.pointee.take(price.bytes(count), at: now.nanoseconds)
    }

    /// Takes back what was counted at that rate: another limit keeps it from going.
    public func giveBack(bytes count: Int, _ rate: TrafficLimits.Rate) {
        bytes.pointee.settle(TrafficPrice(rate).bytes(count))
    }

    /// There are other rates, and nobody waits for what was used under the former ones.
    public func forgive(at now: Instant) { forgive(at: now.nanoseconds) }

    func forgive(at now: Int64) {
        bytes.pointee.forgive(at: now)
        packets.pointee.forgive(at: now)
    }

    /// Whether it differs from a new one.
    func isBusy(at now: Int64) -> Bool { bytes.pointee.isBusy(at: now) || packets.pointee.isBusy(at: now) }
}

extension TrafficBudget: @unchecked Sendable {}  // unsafe: its lines are atomics that never move
