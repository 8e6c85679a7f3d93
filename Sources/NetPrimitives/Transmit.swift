/// A datagram that a machine wants to have sent.
public struct Transmit: Hashable, Sendable {
    /// The local transport address to send from; nil where the machine has only one.
    public var source: TransportAddress?
    public var destination: TransportAddress
    /// TCP only where a machine has said that it speaks it.
    public var transport: TransportProtocol
    public var payload: [UInt8]

    public init(
        source: TransportAddress? = nil, destination: TransportAddress, transport: TransportProtocol = .udp,
        payload: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.transport = transport
        self.payload = payload
    }
}
