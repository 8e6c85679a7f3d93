public import NetPrimitives

/// What a relay's machine wants to have done.
public enum RelayOutput: Hashable, Sendable {
    /// A message for a client: a datagram, or a run of the stream with its padding.
    case toClient(FiveTuple, [UInt8])
    /// A datagram from a relayed port into the world.
    case toPeer(RelayedPort, TransportAddress, [UInt8])
    /// The same, with the DF bit: a router that cannot forward it whole says so (RFC 8656 §14).
    case toPeerUnfragmented(RelayedPort, TransportAddress, [UInt8])
    /// A datagram from one relayed address to another of this process: it never touches a socket.
    case toRelayed(from: TransportAddress, to: TransportAddress, [UInt8])
    /// A stream whose allocation expired is closed.
    case disconnect(FiveTuple)
    /// Something about a TCP allocation's connections.
    case stream(StreamOutput)
    /// Something about a client that moves.
    case mobility(MobilityOutput)
}
