/// A TCP or TLS connection of a TURN client, as the data plane sees it: a place to write messages to.
///
/// Whoever owns the sockets (NIO) implements it. The calls come from a worker's thread and must not
/// block: hand the bytes to the connection's own event loop and return.
public protocol ClientConnection: AnyObject, Sendable {
    /// Whether there is TLS beneath.
    var isEncrypted: Bool { get }

    /// Takes one whole message, already framed for the stream (ChannelData is padded to four bytes), to be sent by
    /// the next `flush()`.
    ///
    /// A connection whose reader is slow drops what exceeds its bound, as UDP would: see `ByteBudget`.
    ///
    /// - Returns: false when it was dropped.
    func write(_ message: [UInt8]) -> Bool

    /// Sends what was written, all at once. A worker calls it at the end of each turn in which it wrote.
    func flush()

    /// Reading may go on, after `AttachedClient.mayRead()` said no.
    func resumeReading()

    /// Sends what was written and closes the connection: its allocation has expired.
    func close()

    /// Sends an answer, and is from then on one end of a byte stream whose other end is a peer's connection. No
    /// message of it is for the worker any more.
    func join(_ peer: PeerStream, answering: [UInt8])
}

extension ClientConnection {
    public var isEncrypted: Bool { false }

    /// For connections that send with each `write`.
    public func flush() {}

    /// For connections that are never told to pause.
    public func resumeReading() {}

    /// For connections that carry messages alone.
    public func join(_ peer: PeerStream, answering: [UInt8]) {
        peer.close()
        close()
    }
}
