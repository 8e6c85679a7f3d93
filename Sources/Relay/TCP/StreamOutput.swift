public import NetPrimitives
public import TURN

/// What a relay's machine wants to have done with TCP connections (RFC 6062).
public enum StreamOutput: Hashable, Sendable {
    /// From a relayed port to a peer: `peerConnected` or `peerConnectionFailed` tells what became of it.
    case connect(ConnectionID, from: RelayedPort, to: TransportAddress)
    /// A client's connection gets the answer, and from then on is the other end of a peer's connection: bytes are
    /// passed on as they are, both ways (§5.4).
    case bind(FiveTuple, ConnectionID, answer: [UInt8])
    /// A peer's connection is closed, and what is bound to it.
    case close(ConnectionID)
}
