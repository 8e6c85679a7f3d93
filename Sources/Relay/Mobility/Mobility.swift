import NetPrimitives
import STUN

/// What an allocation keeps for a client that may move (RFC 8016 §3.2.2).
struct Mobility: Sendable {
    /// A move that was answered.
    struct Move: Sendable {
        let client: FiveTuple
        let transactionID: TransactionID
        let instant: Instant
    }

    /// In every ticket of the allocation.
    let id: MobileID
    /// Of the newest ticket; every move makes the next, and begins again after the last.
    private(set) var generation: UInt16 = 0
    /// Of the oldest ticket that is good: older ones are spent, as the client has shown that it has this one or moved
    /// before it could get it. Until then an answer may have been lost with the network that it went to.
    private var oldest: UInt16 = 0
    /// Where the client has moved to and sent no data from yet. Data goes on to where it was.
    private(set) var next: FiveTuple?
    private var last: Move?
    /// Of the move before the last, which the network may bring again.
    private var formerTransaction: TransactionID?
    /// The client's stream has closed: there is nobody where it was.
    var isStranded = false

    init(id: MobileID) { self.id = id }

    /// Whether a client may move with a ticket of this generation.
    func isGood(_ ticket: UInt16) -> Bool { ticket &- oldest <= generation &- oldest }

    /// Whether the move was answered, and that answer is asked for again.
    func isRetransmission(_ id: TransactionID, from client: FiveTuple, at now: Instant) -> Bool {
        guard let last else { return false }
        return last.transactionID == id && last.client == client && now < last.instant + Self.retransmission
    }

    /// Whether another move came after this one: it is late.
    func isLate(_ id: TransactionID) -> Bool { formerTransaction == id || last?.transactionID == id }

    mutating func begin(_ move: Move) {
        formerTransaction = last?.transactionID
        last = move
        next = move.client
        generation &+= 1
    }

    /// The client is there now: the tickets before this one, and where it was, are over.
    mutating func confirm() {
        next = nil
        oldest = generation
        isStranded = false
    }

    /// The client's stream to where it moved has closed.
    mutating func cancel() { next = nil }

    /// A client sends a request for 39.5 seconds (RFC 8489 §6.2.1); RFC 8016 §3.2.2 wants at least 30.
    private static let retransmission = Duration.seconds(40)
}
