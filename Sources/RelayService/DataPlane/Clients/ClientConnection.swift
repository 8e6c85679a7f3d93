import TURN

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

    /// Takes datagrams for the client's channels, as `write(_:)` takes messages.
    ///
    /// - Returns: how many were dropped.
    func write(_ datagrams: StreamDatagrams) -> Int

    /// Sends what was written, all at once. A worker calls it at the end of each turn in which it wrote, and then wakes
    /// whom these calls have returned.
    ///
    /// - Returns: who sends it when it is woken; nil when somebody else is about to wake it.
    func flush() -> (any StreamSender)?

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

    /// For connections that take one message as well as another.
    public func write(_ datagrams: StreamDatagrams) -> Int {
        var dropped = 0
        datagrams.forEach { channel, datagram in
            guard let channel = ChannelNumber(rawValue: channel),
                write(ChannelData(channel: channel, payload: Array(datagram)[...]).encoded(padded: true))
            else { return dropped += 1 }
        }
        return dropped
    }

    /// For connections that send with each `write`.
    public func flush() -> (any StreamSender)? { nil }

    /// For connections that are never told to pause.
    public func resumeReading() {}

    /// For connections that carry messages alone.
    public func join(_ peer: PeerStream, answering: [UInt8]) {
        peer.close()
        close()
    }
}
