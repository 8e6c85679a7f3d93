/// A data channel as its two ends agreed on it (RFC 8831 section 6.1).
public struct Channel: Hashable, Sendable {
    public let id: ChannelID
    /// What the application calls it; need not be unique.
    public let label: String
    /// The application's subprotocol, as registered for WebSocket; empty for none.
    public let `protocol`: String
    /// Whether messages arrive in the order they were sent.
    public let ordered: Bool
    public let reliability: Reliability
    public let priority: Priority

    /// How hard the sender tries before it gives a message up.
    public enum Reliability: Hashable, Sendable {
        case reliable
        /// At most so many retransmissions; 0 sends once.
        case retransmissions(UInt32)
        /// At most so many milliseconds; usrsctp measures them with the wall clock.
        case milliseconds(UInt32)
    }

    /// Which waiting message goes first; higher values do (RFC 8831 section 6.4). Equal ones take turns.
    public struct Priority: Hashable, Comparable, Sendable {
        public let value: UInt16

        public init(value: UInt16) { self.value = value }

        public static let belowNormal = Priority(value: 128)
        public static let normal = Priority(value: 256)
        public static let high = Priority(value: 512)
        public static let extraHigh = Priority(value: 1024)

        public static func < (left: Priority, right: Priority) -> Bool { left.value < right.value }
    }
}
