import NetPrimitives
import STUN

/// A connectivity check on its way: a Binding request and what is needed to judge its answer (RFC 8445 §7.2).
struct Check: Sendable {
    let key: PairKey
    /// The role that the request claims.
    let role: Role
    /// Whether the request carries USE-CANDIDATE.
    let nominates: Bool
    /// PRIORITY's value: that of a peer-reflexive candidate the answer may teach.
    let priority: UInt32
    var transaction: ClientTransaction
    /// Set when another check took its place: not sent again, not missed, but an answer still counts
    /// until then (RFC 8445 §7.3.1.4).
    var cancelledUntil: Instant?

    var nextDeadline: Instant? { cancelledUntil ?? transaction.nextDeadline }
}
