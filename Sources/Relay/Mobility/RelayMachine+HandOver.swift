public import NetPrimitives

// The hand-over from one machine to another.
extension RelayMachine {
    /// Takes out an allocation whose client arrives at another machine; its ports and its quota go with it.
    public mutating func handOver(_ client: FiveTuple) -> MovedAllocation? {
        guard !peerConnections.isTCP(client) else { return nil }
        guard let index = allocations.index(of: client), let allocation = takeAllocation(index) else { return nil }
        endForwarding(of: allocation)
        closeMeter(of: allocation)
        return MovedAllocation(allocation: allocation)
    }

    /// Takes in what another machine has handed over.
    ///
    /// - Parameter ports: for each of its addresses the port that it has here; nil: it could not be taken, and is closed.
    public mutating func adopt(_ moved: MovedAllocation, ports: [RelayedPort?], at now: Instant) {
        var allocation = moved.allocation
        for (address, port) in zip(moved.allocation.relayed.all, ports) {
            if let port {
                allocation.relayed[address.address.family] = RelayedAddress(
                    port: port, address: address.address, expiresAt: address.expiresAt)
            } else {
                _ = allocation.remove(address.address.family)
                host.releaseQuota(for: allocation.holder)
            }
        }
        // While its ticket was under way it may have allocated as well.
        endAllocation(of: allocation.client, .deleted)
        guard !allocation.relayed.isEmpty else { return endMobility(of: allocation) }
        openMeter(of: &allocation, at: now)
        let index = addAllocation(allocation, at: now)
        // The ban may have come while it was under way.
        if shutsOut(allocation) { endAllocation(index, .banned) } else { updateForwarding(of: index) }
    }
}

