public import NetPrimitives

/// A port that a router says it has opened for us. Whether anybody can come in by it, only a peer can prove.
public struct Mapping: Hashable, Sendable {
    public var method: MappingMethod
    /// What a peer is told to send to.
    public var external: TransportAddress
    /// Where it arrives.
    public var `internal`: TransportAddress
    public var transport: TransportProtocol
    /// How long the router keeps it without renewal; nil: until it is deleted.
    public var lifetime: Duration?
    /// Who opened it: the URL of its device description (UPnP) or its address (NAT-PMP).
    public var router: String?

    public init(
        method: MappingMethod, external: TransportAddress, internal: TransportAddress, transport: TransportProtocol,
        lifetime: Duration?, router: String?
    ) {
        self.method = method
        self.external = external
        self.internal = `internal`
        self.transport = transport
        self.lifetime = lifetime
        self.router = router
    }

    /// Whether the router's own address is one that the internet can reach.
    public var reach: ExternalReach { ExternalReach(of: external.ip) }
}
