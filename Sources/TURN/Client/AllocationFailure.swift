public import NetPrimitives
public import STUN

/// Why there is no allocation (RFC 8656 §7.4).
public enum AllocationFailure: Error, Hashable, Sendable {
    /// 401 again, with the credentials: the server does not know them.
    case unauthorized
    /// A challenge that promises password algorithms and does not name any that we know: a server's mistake, or
    /// somebody on the path who wants a weaker one (RFC 8489 §9.2.5).
    case unacceptableChallenge
    /// 300: ask that server instead.
    case tryAlternate(TransportAddress)
    /// 403: the server's administrator does not want it.
    case forbidden
    /// 437: the local port still has an allocation; try again from another one.
    case allocationMismatch
    /// 440: the server has no relayed addresses of the requested family.
    case addressFamilyNotSupported
    /// 442: the server does not relay UDP.
    case unsupportedTransport
    /// 486: the user has as many allocations as they may have.
    case quotaReached
    /// 508: the server is full.
    case insufficientCapacity
    /// Any other error code.
    case refused(ErrorCode)
    /// A success response without the addresses that it must carry.
    case malformedResponse
    /// What the server sends over TCP is not TURN.
    case notTURN
    /// Nobody answered.
    case timedOut

    init(_ error: ErrorCode, alternate: TransportAddress?) {
        self =
            switch error.code {
            case 300: alternate.map(Self.tryAlternate) ?? .refused(error)
            case 401: .unauthorized
            case 403: .forbidden
            case 437: .allocationMismatch
            case 440: .addressFamilyNotSupported
            case 442: .unsupportedTransport
            case 486: .quotaReached
            case 508: .insufficientCapacity
            default: .refused(error)
            }
    }
}
