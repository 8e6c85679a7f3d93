public import NetPrimitives

/// What a relay's machine asks of the process around it for its limits of traffic, and gets at once.
public protocol TrafficHost {
    /// What all of the process's machines may relay together.
    var totalTraffic: TrafficBudget { get }
    /// What they may relay together for a user; to be given back as often as it was taken.
    mutating func takeTraffic(of user: String, at now: Instant) -> TrafficBudget
    mutating func releaseTraffic(of user: String)
    /// There are other limits: in what the host keeps itself, nobody waits for what was used under the former ones.
    mutating func forgiveTraffic(at now: Instant)
}
