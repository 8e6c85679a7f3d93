public import NetPrimitives

/// One request on its way: sent again until it is answered or given up (RFC 8489 §6.2.1, §6.2.2).
public struct ClientTransaction: Sendable {
    /// How patient a transaction is.
    public struct Timing: Hashable, Sendable {
        /// The first retransmission's delay; each later one doubles it.
        public var initialRTO: Duration
        /// Rc: requests sent in all.
        public var requestCount: Int
        /// Rm: the last wait, in multiples of the first RTO.
        public var finalWaitFactor: Int

        public init(initialRTO: Duration, requestCount: Int, finalWaitFactor: Int) {
            self.initialRTO = initialRTO
            self.requestCount = requestCount
            self.finalWaitFactor = finalWaitFactor
        }

        /// UDP: 500 ms, Rc 7, Rm 16; 39.5 s in all (RFC 8489 §6.2.1).
        public static let unreliable = Timing(initialRTO: .milliseconds(500), requestCount: 7, finalWaitFactor: 16)
        /// TCP and TLS: sent once, Ti of 39.5 s (RFC 8489 §6.2.2).
        public static let reliable = Timing(initialRTO: .milliseconds(39_500), requestCount: 1, finalWaitFactor: 1)
    }

    /// What the owner does after a time-out was handled.
    public enum Action: Hashable, Sendable {
        /// Nothing is due yet.
        case wait
        /// Send `request` again.
        case retransmit
        /// Nobody answered: the transaction has failed.
        case giveUp
    }

    public let id: TransactionID
    public let request: [UInt8]
    public let startedAt: Instant
    /// When `handleTimeout` has something to do; nil once given up.
    public private(set) var nextDeadline: Instant?
    public private(set) var requestsSent = 1
    private let timing: Timing

    /// Begins a transaction; the owner sends `request` now.
    public init(id: TransactionID, request: [UInt8], timing: Timing, at now: Instant) {
        self.id = id
        self.request = request
        self.timing = timing
        startedAt = now
        nextDeadline = now + Self.wait(after: 1, timing)
    }

    public mutating func handleTimeout(at now: Instant) -> Action {
        guard let deadline = nextDeadline, deadline <= now else { return .wait }
        guard requestsSent < timing.requestCount else {
            nextDeadline = nil
            return .giveUp
        }
        requestsSent += 1
        nextDeadline = now + Self.wait(after: requestsSent, timing)
        return .retransmit
    }

    /// The wait behind the `count`-th request: RTO, 2 RTO, 4 RTO…, and Rm × RTO behind the last.
    private static func wait(after count: Int, _ timing: Timing) -> Duration {
        count >= timing.requestCount
            ? timing.initialRTO * timing.finalWaitFactor
            : timing.initialRTO * (1 << min(count - 1, 20))
    }
}
