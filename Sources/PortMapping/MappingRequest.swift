public import NetPrimitives

/// What a router is asked for: a port of its own that leads to a port of ours.
public struct MappingRequest: Hashable, Sendable {
    /// Where the traffic is to arrive. `0.0.0.0` stands for the address that faces the router.
    public var internalAddress: TransportAddress
    public var transport: TransportProtocol
    /// What the router shows to its owner. Anything but letters, digits, space, `.`, `-` and `_` becomes `-`.
    public var description: String
    /// How long the router keeps the mapping when it is not renewed; it is renewed as long as the mapper lives.
    ///
    /// RFC 6886 §3.3 recommends 7200 s. Ten minutes keep a port from staying open for long after a crash, and heal
    /// a router that restarted within five.
    public var lifetime: Duration
    /// The router's address for NAT-PMP and PCP; nil for the default gateway.
    public var gateway: IPAddress?
    /// Who alone is to come in by the port; nil: everybody. It is no port that is opened then, but what the router would make
    /// of our first packet to that peer, told beforehand and kept for the lifetime: PCP alone does it (PEER, RFC 6887 §12).
    public var remote: TransportAddress?

    public init(
        internalAddress: TransportAddress, transport: TransportProtocol, description: String = "Remote assistance",
        lifetime: Duration = .seconds(600), gateway: IPAddress? = nil, remote: TransportAddress? = nil
    ) {
        self.internalAddress = internalAddress
        self.transport = transport
        self.description = description
        self.lifetime = lifetime
        self.gateway = gateway
        self.remote = remote
    }
}
