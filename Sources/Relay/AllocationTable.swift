import NetPrimitives

/// A machine's allocations, found by five-tuple and by relayed port, of which a dual one has two.
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
        guard let index = byPort[port], let address = slots[index]?.relayed.address(of: port), address.expiresAt > now
        else { return nil }
        return index
    }

    /// Every slot's number, those of empty slots too.
    var indices: Range<Int> { slots.indices }

    subscript(index: Int) -> Allocation? {
        _read { yield slots[index] }
        _modify { yield &slots[index] }
    }

    func forEach(_ body: (Allocation) -> Void) {
        for case let allocation? in slots { body(allocation) }
    }

    /// Adds an allocation whose five-tuple and ports have none; its slot.
    @discardableResult
    mutating func insert(_ allocation: Allocation) -> Int {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(allocation) } else { slots[index] = allocation }
        byClient[allocation.client] = index
        for address in allocation.relayed.all { byPort[address.port] = index }
        return index
    }

    /// Takes the allocation of a five-tuple out, whether its time is over or not.
    mutating func remove(_ client: FiveTuple) -> Allocation? {
        guard let index = byClient.removeValue(forKey: client), let allocation = slots[index] else { return nil }
        slots[index] = nil
        free.append(index)
        for address in allocation.relayed.all { byPort[address.port] = nil }
        return allocation
    }

    /// Takes one of a dual allocation's addresses out; the allocation stays, with the other.
    mutating func removeAddress(_ index: Int, _ family: IPAddress.Family) -> RelayedAddress? {
        guard let address = slots[index]?.remove(family) else { return nil }
        byPort[address.port] = nil
        return address
    }

    /// What was over: whole allocations, and single addresses of dual ones with their owner; and when the next thing ends.
    struct Expired {
        var allocations: [Allocation] = []
        var addresses: [(holder: QuotaHolder, address: RelayedAddress)] = []
        var nextExpiry: Instant?
    }

    /// Takes out what is over, and drops expired permissions and channels of what stays.
    mutating func removeExpired(at now: Instant) -> Expired {
        var expired = Expired()
        for index in slots.indices {
            guard let allocation = slots[index] else { continue }
            if allocation.expiresAt <= now {
                if let removed = remove(allocation.client) { expired.allocations.append(removed) }
                continue
            }
            for address in allocation.relayed.all where address.expiresAt <= now {
                if let removed = removeAddress(index, address.address.family) {
                    expired.addresses.append((allocation.holder, removed))
                }
            }
            slots[index]?.permissions.removeExpired(at: now)
            slots[index]?.channels.removeExpired(at: now)
            expired.nextExpiry = .earliest(expired.nextExpiry, slots[index]?.nextExpiry)
        }
        return expired
    }
}
