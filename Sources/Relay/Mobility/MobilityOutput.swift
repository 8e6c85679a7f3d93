public import NetPrimitives

/// What a machine wants to have done for a client that moves (RFC 8016), whose new five-tuple may arrive at another
/// machine than the one that has its allocation.
public enum MobilityOutput: Hashable, Sendable {
    /// A request with a ticket, for the machine that has this allocation.
    case forward([UInt8], from: FiveTuple, of: MobileID)
    /// A client's messages from this five-tuple are for this machine from now on, which has this allocation.
    case arriving(FiveTuple, of: MobileID)
    /// They are not any more.
    case left(FiveTuple, of: MobileID)
    /// An allocation has this five-tuple from now on; the former one has none.
    case moved(FiveTuple, from: FiveTuple)
}
