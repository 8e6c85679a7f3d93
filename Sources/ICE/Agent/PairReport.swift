public import NetPrimitives

/// What became of one pair, for a person who wonders why there is no better path.
public struct PairReport: Hashable, Sendable {
    public enum Result: String, Hashable, Sendable {
        case succeeded
        case failed
        /// Its checks have not begun (then there is no time), or not come to an end.
        case frozen
    }

    /// The address that the peer saw, where a check was answered; else the base.
    public var local: TransportAddress
    public var remote: TransportAddress
    public var transport: CandidateTransport
    /// What the path is, or at best would have been.
    public var kind: PathKind
    public var result: Result
    /// From the first check to the result, or until now while there is none; nil when no check was sent.
    public var elapsed: Duration?
    /// A phrase for people.
    public var why: String
    public var isSelected: Bool
}
