import NetPrimitives

/// A machine's allocations, found by five-tuple and by relayed port.
struct AllocationTable: Sendable {
    private var slots: [Allocation?] = []
    private var free: [Int] = []
    private var byClient: [FiveTuple: Int] = [:]
    private var byPort: [RelayedPort: Int] = [:]

    var count: Int { byClient.count }

    /// The slot of an allocation that is there and whose time is not over.
    func index(of client: FiveTuple, at now: Instant) -> Int? {
        guard let index = byClient[client], let allocation = slots[index], allocation.expiresAt > now else { return nil }
        return index
    }

    func index(of port: RelayedPort, at now: Instant) -> Int? {
        guard let index = byPort[port], let allocation = slots[index], allocation.expiresAt > now else { return nil }
        return index
    }

    subscript(index: Int) -> Allocation? {
        _read { yield slots[index] }
        _modify { yield &slots[index] }
    }

    /// Adds an allocation whose five-tuple and port have none.
    mutating func insert(_ allocation: Allocation) {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(allocation) } else { slots[index] = allocation }
        byClient[allocation.client] = index
        byPort[allocation.port] = index
    }

    /// Takes the allocation of a five-tuple out, whether its time is over or not.
    mutating func remove(_ client: FiveTuple) -> Allocation? {
        guard let index = byClient.removeValue(forKey: client), let allocation = slots[index] else { return nil }
        slots[index] = nil
        free.append(index)
        byPort[allocation.port] = nil
        return allocation
    }

    /// Takes out what is over, drops expired permissions and channels of the others, and returns the former
    /// with the next thing's end.
    mutating func removeExpired(at now: Instant) -> (expired: [Allocation], nextExpiry: Instant?) {
        var expired: [Allocation] = []
        var nextExpiry: Instant?
        for index in slots.indices {
            guard let allocation = slots[index] else { continue }
            if allocation.expiresAt <= now {
                if let removed = remove(allocation.client) { expired.append(removed) }
                continue
            }
            slots[index]?.permissions.removeExpired(at: now)
            slots[index]?.channels.removeExpired(at: now)
            nextExpiry = .earliest(nextExpiry, slots[index]?.nextExpiry)
        }
        return (expired, nextExpiry)
    }
}
