public import NIOCore

/// What one WebSocket connection may cost and how long it may be silent.
public struct WebSocketLimits: Sendable {
    /// Bytes of the largest message that is taken; a larger one closes the connection (status 1009).
    public var maximumMessageBytes: Int
    /// How often a ping is sent. Home routers forget idle TCP connections after some minutes (RFC 5382
    /// REQ-5 asks for two hours, few give it); 20 s is far below all that were measured in the field.
    public var pingInterval: TimeAmount
    /// A connection from which nothing came for so long is closed.
    public var silenceLimit: TimeAmount
    /// Bytes that may wait for a slow reader before the connection is closed.
    public var maximumPendingBytes: Int

    public init(
        maximumMessageBytes: Int, pingInterval: TimeAmount = .seconds(20), silenceLimit: TimeAmount = .seconds(50),
        maximumPendingBytes: Int
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.pingInterval = pingInterval
        self.silenceLimit = silenceLimit
        self.maximumPendingBytes = maximumPendingBytes
    }

    /// The rendezvous: its largest message, twice while frames of it arrive, is what a stranger's connection may cost.
    public static let rendezvous = WebSocketLimits(maximumMessageBytes: 20 * 1024, maximumPendingBytes: 1 << 16)
    /// Contacts: an allow-list of 500 keys; and as many letters as may ring at one person wait for a slow reader.
    public static let contacts = WebSocketLimits(maximumMessageBytes: 24 * 1024, maximumPendingBytes: 1 << 18)
    /// The viewer on loopback: key frames of a large screen.
    public static let viewer = WebSocketLimits(maximumMessageBytes: 1 << 16, maximumPendingBytes: 1 << 26)
}
