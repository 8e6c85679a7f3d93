public import NetPrimitives

/// How much a relay dials back. Whoever asks can only be dialled at the address that they ask from, but many share an
/// address: these bounds keep one of them from finding out much about the others by it.
public struct DialBackLimits: Hashable, Sendable {
    /// Of one /24 or /56. `ra-probe` asks about 20 times: three people may do so at once, then one port a second.
    public var perSource = RateLimit.Allowance(burst: 60, interval: .seconds(1))
    /// Of everybody together: 28 octets, three or four times.
    public var total = RateLimit.Allowance(burst: 600, interval: .milliseconds(20))
    /// Dials under way, each with a descriptor: few beside the 20,000 of the allocations.
    public var underWay = 256
    /// Of one source.
    public var underWayPerSource = 32
    /// Sources that are remembered.
    public var sources = 4096
    /// For a TCP connection: Linux sends a SYN at 0, 1 and 3 s, so two of them.
    public var patience = Duration.milliseconds(2750)

    public init() {}

    /// Ports below 1024 belong to services, which are nobody's to try; but 443 is the one that people open for this.
    public static func allows(port: UInt16) -> Bool { port >= 1024 || port == 443 }
}
