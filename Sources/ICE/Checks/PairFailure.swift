public import NetPrimitives
public import STUN

/// Why a pair has failed (RFC 8445 §7.2.5.2).
public enum PairFailure: Error, Hashable, Sendable {
    /// No check was answered.
    case timedOut
    /// An answer came from another address than the check was sent to, or to another base (§7.2.5.2.1).
    case asymmetric(from: TransportAddress)
    /// The peer refused the check.
    case refused(ErrorCode)
    /// The answer told no address.
    case malformedAnswer
    /// There was no connection, or it has ended.
    case notConnected
}

extension PairFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .timedOut: "no answer"
        case .asymmetric(let from): "the answer came from \(from)"
        case .refused(let error): "the peer refused the check: \(error.code)"
        case .notConnected: "no connection"
        case .malformedAnswer: "the answer held no address"
        }
    }
}
