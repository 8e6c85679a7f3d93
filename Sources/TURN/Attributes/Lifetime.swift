public import STUN

/// LIFETIME: how long an allocation is kept without a Refresh, in seconds (RFC 8656 §18.2).
public struct Lifetime: IntegerAttribute, Hashable {
    public static let type = AttributeType.lifetime
    public let value: UInt32
    public init(_ value: UInt32) { self.value = value }

    public var duration: Duration { .seconds(Int64(value)) }
}
