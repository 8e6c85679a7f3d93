import NetPrimitives
import STUN
import TURN

/// What the server keeps for one five-tuple (RFC 8656 §3.2).
struct Allocation: Sendable {
    let client: FiveTuple
    /// What every later request must name (§5).
    let username: String
    /// What quotas count by.
    let user: String
    /// The key it was made with. It outlives the credential's expiry and the user's removal: those end
    /// nobody's session, they begin none.
    let key: IntegrityKey
    /// Of the Allocate that made it: the same one again is a retransmission.
    let transactionID: TransactionID
    let port: RelayedPort
    let relayed: TransportAddress
    let reservation: ReservationToken?
    var expiresAt: Instant
    var permissions = PermissionTable()
    var channels = ChannelTable()

    /// The earliest end of anything in it.
    var nextExpiry: Instant {
        Instant?.earliest(expiresAt, permissions.nextExpiry, channels.nextExpiry) ?? expiresAt
    }
}
