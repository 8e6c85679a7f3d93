import NetPrimitives
import STUN
import TURN

/// A TCP connection between a relayed address and a peer, from the request or the arrival on (RFC 6062 §5.2, §5.3).
struct PeerConnection: Sendable {
    enum State: Sendable {
        /// Until it is there or cannot be, the Connect has no answer.
        case connecting(PendingConnect)
        /// For a ConnectionBind.
        case waiting
        case bound
    }

    let client: FiveTuple
    let peer: TransportAddress
    var state: State
    /// Until it is bound: by then it has connected, and then by then it is bound, or it is over.
    var timer: RelayTimers.Timer?

    var isPending: Bool { timer != nil }
}

/// A Connect that has no answer yet.
struct PendingConnect: Sendable {
    let transactionID: TransactionID
    let key: IntegrityKey
    let algorithm: IntegrityAlgorithm
    let wantsFingerprint: Bool

    init(_ request: AuthenticatedRequest) {
        transactionID = request.message.transactionID
        key = request.authenticated.key
        algorithm = request.answerAlgorithm
        wantsFingerprint = request.message.contains(.fingerprint)
    }

    func success(_ id: ConnectionID) -> [UInt8] {
        var answer = MessageBuilder(.successResponse, .connect, transactionID: transactionID)
        answer.add(id)
        return answer.finish(key: key, algorithm: algorithm, fingerprint: wantsFingerprint)
    }

    func failure(_ code: ErrorCode) -> [UInt8] {
        var answer = MessageBuilder(.errorResponse, .connect, transactionID: transactionID)
        answer.add(code)
        return answer.finish(key: key, algorithm: algorithm, fingerprint: wantsFingerprint)
    }
}
