import NetPrimitives

/// An open relayed socket, and the address that peers see.
struct HeldPort: Sendable {
    let socket: UDPSocket
    let shown: TransportAddress
}
