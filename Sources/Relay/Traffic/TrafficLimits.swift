/// How much is relayed per second: of one allocation, of all of a user's, of an invitation's, and of everybody's.
///
/// Both directions count together, and each packet once for every allocation that relays it. What is beyond is dropped.
public struct TrafficLimits: Hashable, Sendable {
    public struct Rate: Hashable, Sendable {
        /// Payload bytes per second, without TURN's headers; 0: no bound.
        public var bytes: Int
        /// Packets per second, which are what costs the relay its time; 0: no bound.
        public var packets: Int

        public init(bytes: Int, packets: Int) {
            self.bytes = bytes
            self.packets = packets
        }
    }

    /// 200 Mbit/s: a picture, its sound and a file at once over a good line at home.
    public var perAllocation = Rate(bytes: 25_000_000, packets: 50_000)
    /// Of a user whose name the rendezvous made: two people, each with an allocation that is used to its limit.
    public var perInvitation = Rate(bytes: 50_000_000, packets: 100_000)
    /// 1 Gbit/s: a user may be a company, whose programs share one password.
    public var perUser = Rate(bytes: 125_000_000, packets: 250_000)
    /// 10 Gbit/s: what a host's network has at most, so it is others' limits that count until somebody sets this.
    public var total = Rate(bytes: 1_250_000_000, packets: 2_500_000)

    public init() {}

    /// None at all.
    public static var none: TrafficLimits {
        var limits = TrafficLimits()
        let unbounded = Rate(bytes: 0, packets: 0)
        (limits.perAllocation, limits.perInvitation, limits.perUser, limits.total) = (unbounded, unbounded, unbounded, unbounded)
        return limits
    }
}
