import NetPrimitives
import Relay

/// What workers tell each other of clients that move (RFC 8016): the kernel may bring a client's new five-tuple to
/// another worker than the old one.
enum MobilityMessage: Sendable {
    /// What a client said to a worker, for the worker that has the allocation.
    case said([UInt8], by: FiveTuple, of: MobileID, to: Int)
    /// A client's stream has closed.
    case closed(FiveTuple, of: MobileID)
    /// What a client is to be told, by the worker that it arrives at.
    case answer([UInt8], to: FiveTuple)
    /// What this client says is from now on for whoever has this allocation.
    case arriving(FiveTuple, of: MobileID)
    /// It is not any more.
    case left(FiveTuple, of: MobileID)
    /// An allocation and its sockets are this worker's from now on.
    case adopt(MovedAllocation, [HeldPort])
}
