public import NetPrimitives

/// A mobile allocation's name in its process, random: another one that gets the same ports is another one.
public struct MobileID: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Where an allocation is.
public enum RelayedHome: Hashable, Sendable {
    /// This machine's, with this port.
    case here(RelayedPort)
    /// Another machine's of this process.
    case elsewhere
}

/// What a relay's machine asks of the process around it for clients that move (RFC 8016), and gets at once.
public protocol MobileRelayHost {
    /// Remembers the relayed addresses of a mobile allocation, by which it is found; none: it has ended.
    mutating func setHome(of id: MobileID, _ relayed: [TransportAddress])
    /// Which machine has it, by the first of its addresses that is still open; nil when none has.
    func home(of id: MobileID) -> RelayedHome?
}
