public import STUN

/// PRIORITY: what a peer-reflexive candidate learned from this check is worth (RFC 8445 §7.1.1).
public struct Priority: IntegerAttribute, Hashable {
    public static let type = AttributeType.priority
    public let value: UInt32
    public init(_ value: UInt32) { self.value = value }
}
