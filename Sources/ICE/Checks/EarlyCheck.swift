import NetPrimitives

/// A check that came, and was answered, before the peer's credentials: what it teaches waits for them
/// (RFC 8445 §7.3).
struct EarlyCheck: Sendable {
    /// So many are kept: a peer checks each of its addresses against ours a few times at most before its
    /// credentials arrive, and sends again what is dropped here.
    static let limit = 16

    let key: PairKey
    /// The sender's username fragment, which its credentials will have to have.
    let usernameFragment: Substring
    let priority: UInt32?
    var nominates: Bool
}
