import ICE
import NetPrimitives

/// A TCP connection of the path, as the ICE machine names it.
struct StreamEnds: Hashable, Sendable {
    /// Of one that we have accepted, where we listen; of one that we open, the address and the port that stands for none.
    var base: TransportAddress
    var remote: TransportAddress

    /// Whether it is ours to open (RFC 6544 §4.1).
    var isActive: Bool { base.port == Candidate.unknownPort }
}
