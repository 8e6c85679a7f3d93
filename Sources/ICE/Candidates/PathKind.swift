/// What a path between two peers is made of, best first.
public enum PathKind: String, Hashable, Sendable, CaseIterable, Comparable {
    /// From host to host.
    case direct
    /// Through an address that a router opened by UPnP, NAT-PMP or PCP, on either side.
    case mapped
    /// Through reflexive addresses: NATs that were taught to let the peer in.
    case punched
    /// Through TURN, on either side.
    case relayed

    /// 0 is the best.
    private var rank: Int {
        switch self {
        case .direct: 0
        case .mapped: 1
        case .punched: 2
        case .relayed: 3
        }
    }

    /// Whether `left` is worse than `right`.
    public static func < (left: PathKind, right: PathKind) -> Bool { left.rank > right.rank }
}
