public import STUN

/// ICE-CONTROLLED: the sender believes to be controlled, with its tie-breaker (RFC 8445 §7.1.3).
public struct ICEControlled: IntegerAttribute, Hashable {
    public static let type = AttributeType.iceControlled
    /// The tie-breaker.
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}
