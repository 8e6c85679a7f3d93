public import NetPrimitives

/// What a machine and its worker have counted since they began: plain numbers of one thread, which whoever wants to
/// know them gets as a copy.
///
/// No label names a user or an address: what is counted is bounded by these types.
public struct RelayCounters: Hashable, Sendable {
    public enum AuthenticationFailure: Int, TallyLabel { case credentials, realm, staleNonce, malformed }
    /// By the client, by time, with the client's connection, or by a ban.
    public enum AllocationEnd: Int, TallyLabel { case deleted, expired, disconnected, banned }
    /// What of a request a ban covers: its user, or where it came from.
    public enum BannedBy: Int, TallyLabel { case user, address }
    public enum Direction: Int, TallyLabel { case toPeer, toClient }
    public enum Drop: Int, TallyLabel {
        case noAllocation, noChannel, noPermission, policy, tooLarge, malformed, bandwidth, queueFull, slowClient
        case sendFailed
    }

    /// STUN and TURN requests that were understood.
    public var requests = Tally<CountedMethod>()
    /// Error responses; a pair is there from the first on.
    public private(set) var refusals: [Refusal: UInt64] = [:]
    /// Requests with credentials that do not hold.
    public var authenticationFailures = Tally<AuthenticationFailure>()
    /// Requests of unproven sources that were left without an answer.
    public var unprovenSuppressed: UInt64 = 0
    /// Requests of who is banned: those of a user got 401, those of an address no answer.
    public var bannedRequests = Tally<BannedBy>()
    public var allocationsMade: UInt64 = 0
    public var allocationsEnded = Tally<AllocationEnd>()
    /// Datagrams, or runs of a stream.
    public var relayedPackets = Tally<Direction>()
    /// Payloads, without TURN's headers.
    public var relayedBytes = Tally<Direction>()
    public var dropped = Tally<Drop>()

    public init() {}

    public mutating func refused(_ method: CountedMethod, _ code: Int) {
        refusals[Refusal(method: method, code: CountedErrorCode(code)), default: 0] &+= 1
    }

    public mutating func relayed(_ direction: Direction, bytes: Int) {
        relayedPackets.count(direction)
        relayedBytes.count(direction, UInt64(bytes))
    }

    /// Refusals with this code, whatever was asked.
    public func refusals(_ code: Int) -> UInt64 {
        refusals.reduce(0) { $1.key.code == CountedErrorCode(code) ? $0 &+ $1.value : $0 }
    }

    public static func += (left: inout RelayCounters, right: RelayCounters) {
        left.requests += right.requests
        left.refusals.merge(right.refusals, uniquingKeysWith: &+)
        left.authenticationFailures += right.authenticationFailures
        left.unprovenSuppressed &+= right.unprovenSuppressed
        left.bannedRequests += right.bannedRequests
        left.allocationsMade &+= right.allocationsMade
        left.allocationsEnded += right.allocationsEnded
        left.relayedPackets += right.relayedPackets
        left.relayedBytes += right.relayedBytes
        left.dropped += right.dropped
    }
}

/// A kind of request and the code that it was refused with.
public struct Refusal: Hashable, Sendable {
    public let method: CountedMethod
    public let code: CountedErrorCode
}
