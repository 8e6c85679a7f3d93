public import NetPrimitives

/// An allocation on its way from one machine of a process to another.
public struct MovedAllocation: Sendable {
    let allocation: Allocation

    /// The ports that it had.
    public var ports: [RelayedPort] { allocation.relayed.all.map(\.port) }
    public var client: FiveTuple { allocation.client }
}
