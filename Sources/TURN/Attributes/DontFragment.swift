public import STUN

/// DONT-FRAGMENT: asks for datagrams with the DF bit towards the peer (RFC 8656 §18.9).
public struct DontFragment: FlagAttribute, Hashable {
    public static let type = AttributeType.dontFragment
    public init() {}
}
