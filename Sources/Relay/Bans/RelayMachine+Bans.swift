public import NetPrimitives

// Who is shut out: asked where a client begins something, and of all that is there when the list has changed. What is relayed
// asks nobody: a banned client has no allocation to relay by.
extension RelayMachine {
    /// Whether an address gets no answer at all.
    public func shutsOut(_ address: IPAddress) -> Bool { configuration.bans.cover(address) }

    func shutsOut(_ allocation: Allocation) -> Bool {
        shutsOut(allocation.client.client.ip) || allocation.mobility?.next.map { shutsOut($0.client.ip) } ?? false
            || configuration.bans.cover(user: allocation.holder.user, username: allocation.username)
    }

    /// Ends what the bans cover, with the connections that it was reached by.
    mutating func endBanned() {
        guard !configuration.bans.isEmpty else { return }
        for index in allocations.indices {
            guard let allocation = allocations[index], shutsOut(allocation) else { continue }
            endAllocation(index, .banned)
            if allocation.client.transport == .tcp { push(.disconnect(allocation.client)) }
        }
    }
}
