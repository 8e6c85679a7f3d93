import NetPrimitives
import STUN
import TURN

/// What the server keeps for one five-tuple (RFC 8656 §3.2).
struct Allocation: Sendable {
    var client: FiveTuple
    /// What every later request must name (§5).
    let username: String
    /// Whom its addresses are charged to.
    let holder: QuotaHolder
    /// The key it was made with. It outlives the credential's expiry and the user's removal: those end
    /// nobody's session, they begin none.
    let key: IntegrityKey
    /// How that key was made of the password.
    let hash: PasswordHash
    /// What the challenge before it offered. Later ones do too, or its client would change to a key that is not this.
    let offered: SecurityFeatures
    /// Of the Allocate that made it: the same one again is a retransmission.
    let transactionID: TransactionID
    /// Never empty while it is in the table.
    var relayed = RelayedAddresses()
    var reservation: ReservationToken?
    /// Why one of two wanted addresses is not there: told again to a retransmission (§7.2).
    var addressError: AddressErrorCode?
    var permissions = PermissionTable()
    var channels = ChannelTable()
    /// Counts what it relays.
    var meter = TrafficMeter.none
    /// Of a client that asked for a ticket, to move with (RFC 8016).
    var mobility: Mobility?
    /// In its machine's wheel: goes off when the first of all this ends, or before.
    var timer = RelayTimers.Timer.none

    init(_ request: AuthenticatedRequest, from client: FiveTuple) {
        self.client = client
        username = request.username
        holder = QuotaHolder(user: request.user, client: client.client.ip)
        key = request.authenticated.key
        hash = request.hash
        offered = request.offered
        transactionID = request.message.transactionID
    }

    /// When the last of its addresses ends.
    var expiresAt: Instant { relayed.lastExpiry }

    /// The earliest end of anything in it.
    var nextExpiry: Instant {
        Instant?.earliest(relayed.nextExpiry, permissions.nextExpiry, channels.nextExpiry) ?? expiresAt
    }

    /// The address that a peer's family is reached from, while its time is not over.
    func relayed(_ family: IPAddress.Family, at now: Instant) -> RelayedAddress? {
        guard let address = relayed[family], address.expiresAt > now else { return nil }
        return address
    }

    /// Takes one family's address out, with its permissions and channels; the other's stay (§8.1).
    mutating func remove(_ family: IPAddress.Family) -> RelayedAddress? {
        guard let removed = relayed[family] else { return nil }
        relayed[family] = nil
        permissions.remove(family)
        channels.remove(family)
        return removed
    }
}
