public import NetPrimitives

// Limits of what is relayed. An allocation has its meter from the moment when it is a machine's until it is that no more.
extension RelayMachine {
    mutating func openMeter(of allocation: inout Allocation, at now: Instant) {
        let user = allocation.holder.user
        allocation.meter = traffic.open(for: user) { host.takeTraffic(of: user, at: now) }
    }

    mutating func closeMeter(of allocation: Allocation) {
        if let user = traffic.close(allocation.meter) { host.releaseTraffic(of: user) }
    }

    /// The budget of the user whose relayed port it is: for what is not relayed in packets.
    public func budget(of port: RelayedPort, at now: Instant) -> TrafficBudget? {
        allocations.index(of: port, at: now).flatMap(meter).flatMap(traffic.budget)
    }

    /// Counts a packet that an allocation relays; false: it is dropped, and counted as that.
    mutating func admits(_ bytes: Int, _ index: AllocationTable.Index, at now: Instant) -> Bool {
        guard let meter = meter(of: index) else { return false }
        let isAdmitted = traffic.admits(meter, bytes: bytes, at: now.nanoseconds)
        if !isAdmitted { counters.dropped.count(.bandwidth) }
        return isAdmitted
    }

    /// Of its own: a function that changes the machine would copy the allocation to read it.
    private func meter(of index: AllocationTable.Index) -> TrafficMeter? { allocations[index]?.meter }
}
