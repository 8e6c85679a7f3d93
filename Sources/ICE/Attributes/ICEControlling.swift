public import STUN

/// ICE-CONTROLLING: the sender believes to be controlling, with its tie-breaker (RFC 8445 §7.1.3).
public struct ICEControlling: IntegerAttribute, Hashable {
    public static let type = AttributeType.iceControlling
    /// The tie-breaker.
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}
