public import NetPrimitives

/// Asks one STUN server for the reflexive address of one local port (RFC 8489 §2, a Binding transaction).
public struct BindingClient: Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The address that the server saw, and how long the answer to the last request took.
        case reflexive(TransportAddress, roundTrip: Duration)
        /// The server answered, with an error.
        case refused(ErrorCode)
        /// Nobody answered.
        case timedOut
    }

    public let server: TransportAddress
    /// nil until there is an answer or none will come.
    public private(set) var outcome: Outcome?
    private var transaction: ClientTransaction
    private var unsent = true
    private var lastSentAt: Instant

    public init(
        server: TransportAddress, timing: ClientTransaction.Timing = .unreliable,
        random: inout some RandomNumberGenerator, at now: Instant
    ) {
        self.init(server: server, id: TransactionID(using: &random), timing: timing, at: now)
    }

    /// - Parameter id: chosen by somebody who will know the request by it.
    public init(server: TransportAddress, id: TransactionID, timing: ClientTransaction.Timing, at now: Instant) {
        self.server = server
        transaction = ClientTransaction(
            id: id, request: MessageBuilder(.request, .binding, transactionID: id).finish(fingerprint: true),
            timing: timing, at: now)
        lastSentAt = now
    }

    public var nextDeadline: Instant? { outcome == nil ? transaction.nextDeadline : nil }

    /// Takes a message that may be the answer; false leaves it to somebody else.
    public mutating func receive(_ message: Message, from source: TransportAddress, at now: Instant) -> Bool {
        guard message.transactionID == transaction.id, source == server, message.method == .binding else { return false }
        switch message.messageClass {
        case .request, .indication:
            return false
        case .successResponse:
            guard outcome == nil else { return true }
            if let address = message[XORMappedAddress.self]?.address ?? message[MappedAddress.self]?.address {
                outcome = .reflexive(address, roundTrip: now - lastSentAt)
            } else {
                outcome = .refused(.badRequest)
            }
        case .errorResponse:
            outcome = outcome ?? .refused(message[ErrorCode.self] ?? .badRequest)
        }
        return true
    }

    public mutating func handleTimeout(at now: Instant) {
        guard outcome == nil else { return }
        switch transaction.handleTimeout(at: now) {
        case .wait: break
        case .retransmit:
            unsent = true
            lastSentAt = now
        case .giveUp: outcome = .timedOut
        }
    }

    public mutating func nextTransmit() -> Transmit? {
        guard unsent, outcome == nil else { return nil }
        unsent = false
        return Transmit(destination: server, payload: transaction.request)
    }
}
