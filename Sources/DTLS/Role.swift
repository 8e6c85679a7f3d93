/// Which side of the handshake an endpoint is: signalling decides it (`a=setup`, RFC 8842).
public enum Role: Hashable, Sendable {
    /// Sends the ClientHello: `a=setup:active`.
    case client
    /// Waits for it: `a=setup:passive`.
    case server
}
