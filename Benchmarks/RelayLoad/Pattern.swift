/// What a sender sends: how large, how many in a row for one allocation, and how fast.
struct Pattern {
    enum Way: String, CaseIterable {
        /// Client to peer.
        case up
        /// Peer to client.
        case down
        /// Client to peer and back.
        case echo
    }

    var way = Way.up
    /// Bytes of application data of a packet.
    var size = 1000
    /// Packets in a row for one allocation, before the next one has its turn.
    var burst = 1
    /// Bytes of one more, shorter packet after each burst; 0 for none.
    var tail = 0
    /// The kernel cuts the burst (UDP_SEGMENT), as a sender of QUIC lets it; else each packet is a datagram of its own.
    var usesSegmentation = false
    /// Packets a second; nil sends as fast as `window` lets it.
    var rate: Double?
    /// Packets on their way at most.
    var window = 512

    /// Packets that are sent together.
    var packetsPerTurn: Int { burst + (tail > 0 ? 1 : 0) }
}
