/// A datagram that a machine wants to have sent.
public struct Transmit: Hashable, Sendable {
    /// The local transport address to send from; nil where the machine has only one.
    public var source: TransportAddress?
    public var destination: TransportAddress
    public var payload: [UInt8]

    public init(source: TransportAddress? = nil, destination: TransportAddress, payload: [UInt8]) {
        self.source = source
        self.destination = destination
        self.payload = payload
    }
}
