import NetPrimitives

/// What tells one pair of the check list from another: two pairs with the same base and the same remote
/// address are redundant (RFC 8445 §6.1.2.4).
struct PairKey: Hashable, Sendable {
    let base: TransportAddress
    let remote: TransportAddress
    var transport: CandidateTransport = .udp
}
