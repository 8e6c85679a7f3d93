public import NetPrimitives
import TURN

/// What a machine's timers are for.
enum RelayTimer: Sendable {
    /// Something of an allocation may be over: itself, an address, a permission, a channel.
    case allocation(AllocationTable.Index)
    /// A connection with a peer is not there in time, or nobody has bound it.
    case connection(ConnectionID)
}

typealias RelayTimers = TimerWheel<RelayTimer>

// When things end. An allocation has one timer for all that it holds: what makes something end earlier than that brings
// it forward, what makes something last longer leaves it, and when it goes off it is begun again for what is left.
extension RelayMachine {
    /// When something ends; coarse, as what is over is no longer believed before it is taken out.
    public var nextDeadline: Instant? { timers.nextDeadline }

    public mutating func handleTimeout(at now: Instant) {
        for due in timers.removeDue(at: now) {
            switch due {
            case .allocation(let index): handleTimeout(of: index, at: now)
            case .connection(let id): handleTimeout(of: id)
            }
        }
    }

    /// Takes in an allocation whose five-tuple has none.
    mutating func addAllocation(_ allocation: Allocation, at now: Instant) -> AllocationTable.Index {
        let index = allocations.insert(allocation)
        startTimer(of: index, at: now)
        return index
    }

    /// Takes an allocation out; what it holds is the caller's.
    mutating func takeAllocation(_ index: AllocationTable.Index) -> Allocation? {
        guard let allocation = allocations.remove(index) else { return nil }
        timers.cancel(allocation.timer)
        return allocation
    }

    /// Something of an allocation ends then.
    mutating func noteExpiry(_ instant: Instant, of index: AllocationTable.Index, at now: Instant) {
        guard let timer = allocations[index]?.timer else { return }
        timers.bringForward(timer, to: instant, now: now)
    }

    private mutating func startTimer(of index: AllocationTable.Index, at now: Instant) {
        guard let expiry = allocations[index]?.nextExpiry else { return }
        allocations[index]?.timer = timers.start(.allocation(index), at: expiry, now: now)
    }

    private mutating func handleTimeout(of index: AllocationTable.Index, at now: Instant) {
        guard let allocation = allocations[index] else { return }
        guard allocation.expiresAt > now else {
            endAllocation(index, .expired)
            if allocation.client.transport == .tcp { push(.disconnect(allocation.client)) }
            return
        }
        for address in allocation.relayed.all where address.expiresAt <= now {
            guard let removed = allocations.removeAddress(index, address.address.family) else { continue }
            release(removed, of: allocation.holder)
        }
        allocations[index]?.permissions.removeExpired(at: now)
        allocations[index]?.channels.removeExpired(at: now)
        startTimer(of: index, at: now)
    }
}
