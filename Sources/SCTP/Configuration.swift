/// The bounds of an association.
public struct Configuration: Hashable, Sendable {
    /// The largest SCTP packet, in bytes. 1200 of a datagram less 37 of a DTLS 1.2 record, down to a multiple of 4.
    public var maximumPacketSize = 1160
    /// The largest message to take from the peer, in bytes; a larger one ends the association.
    public var maximumMessageSize = 16 << 20
    /// The most bytes that may wait to be sent, over all channels: a few key frames of a screen.
    public var maximumBufferedAmount = 8 << 20
    /// `.bufferedAmountLow` comes when a channel's waiting bytes fall to this.
    public var bufferedAmountLowThreshold = 64 << 10
    /// Received bytes that may wait for `nextEvent()` before the peer is slowed down.
    public var maximumUnreadAmount = 4 << 20
    /// The most channels at a time, whoever opened them.
    public var maximumChannels = 256

    public init() {}
}
