/// What forwarded connections may take of either computer.
public struct ForwardingLimits: Hashable, Sendable {
    /// Connections at once: a browser opens six to a server, a person a few programs.
    public var connections = 64
    /// Bytes under way to a reader that has not taken them, for each connection: 40 Mbit/s at 100 ms.
    public var window = 512 << 10
    /// Bytes read from an application before the data channel takes them.
    public var readAhead = 64 << 10
    /// What a peer may allow us in all; more is nonsense.
    static let maximumCredit = 16 << 20

    public init() {}
}
