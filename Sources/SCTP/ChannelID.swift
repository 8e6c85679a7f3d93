/// Names a data channel: the SCTP stream that both directions of it use (RFC 8831 section 6.4).
public struct ChannelID: Hashable, Sendable {
    public let stream: UInt16

    public init(stream: UInt16) { self.stream = stream }
}

extension ChannelID: CustomStringConvertible {
    public var description: String { "channel \(stream)" }
}
