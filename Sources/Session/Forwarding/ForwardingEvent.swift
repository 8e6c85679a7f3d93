/// Names a forwarded connection at this side: no other one of the session has the same number.
public struct ForwardingID: Hashable, Sendable {
    public let number: UInt32
    public init(_ number: UInt32) { self.number = number }
}

/// What the driver of forwarded connections has to do. `socket` is the TCP connection with the application.
public enum ForwardingEvent: Hashable, Sendable {
    /// Sharer: connect, and say how that went.
    case connect(Destination)
    /// Helper: the sharer has connected.
    case opened(Destination)
    /// Helper: the sharer could not connect.
    case failed(Destination, ForwardingFailure)
    /// The socket may be read once.
    case read
    /// The socket is to be written to; tell when it has taken this.
    case write([UInt8])
    /// After what was written: the socket's own FIN.
    case writeEnd
    /// Both directions have ended: close the socket when it has taken what was written.
    case finish
    /// Close the socket with a reset, or stop connecting.
    case reset
    /// Nothing more is said on the channel.
    case closeChannel
}
