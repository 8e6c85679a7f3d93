/// How good a path is: its kind first, then UDP before TCP. What is equal here is not worth a change.
struct PathRank: Comparable {
    var kind: PathKind
    var transport: CandidateTransport

    static func < (left: PathRank, right: PathRank) -> Bool {
        left.kind == right.kind ? left.transport == .tcp && right.transport == .udp : left.kind < right.kind
    }
}
