/// How a candidate's address came to be (RFC 8445 §5.1.1), as the word of RFC 8839 §5.1.
public enum CandidateType: String, Hashable, Sendable, CaseIterable {
    /// An address of an interface.
    case host
    /// What a STUN server saw, or what a router opened.
    case serverReflexive = "srflx"
    /// What a peer saw during a check.
    case peerReflexive = "prflx"
    /// An address at a relay.
    case relayed = "relay"
}
