public import STUN

/// USE-CANDIDATE: the controlling agent chooses the pair that this check runs on (RFC 8445 §7.1.2).
public struct UseCandidate: FlagAttribute, Hashable {
    public static let type = AttributeType.useCandidate
    public init() {}
}
