public import NetPrimitives

/// A local and a remote candidate between which checks have succeeded: a valid pair (RFC 8445 §7.2.5.3.2).
public struct CandidatePair: Hashable, Sendable {
    /// The candidate whose address the peer sees. Sending is done from its `base`.
    public var local: Candidate
    public var remote: Candidate
    /// What the path is made of; the peer comes to the same answer.
    public var kind: PathKind
    /// How long a check took that was answered without being sent again; nil when there was none.
    public var roundTrip: Duration?

    public init(local: Candidate, remote: Candidate, kind: PathKind, roundTrip: Duration? = nil) {
        self.local = local
        self.remote = remote
        self.kind = kind
        self.roundTrip = roundTrip
    }

    public var transport: CandidateTransport { local.transport }
    /// Where data for the peer is sent from.
    public var source: TransportAddress { local.base }
    /// Where data for the peer is sent to.
    public var destination: TransportAddress { remote.address }
}

extension CandidatePair: CustomStringConvertible {
    public var description: String { "\(local.address)(\(local.base))→\(remote.address) \(kind.rawValue)" }
}
