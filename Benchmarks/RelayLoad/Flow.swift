import NetPrimitives

/// One allocation of the load: its sockets, and how far its packets have come.
struct Flow {
    /// The client's socket, connected to the server; -1 where one socket receives for all clients.
    var client: Int32 = -1
    /// The peer's socket, connected to the relayed address; -1 where one socket receives for all peers.
    var peer: Int32 = -1
    /// In front of the client's packets; 0 for none.
    var channel: UInt16 = 0
    var relayedBits: UInt32 = 0
    var relayedPort: UInt16 = 0
    /// The sequence of the next packet to be sent.
    var next: UInt64 = 0
    /// The sequence that the last receiver waits for: what is before it has arrived or is lost.
    var expected: UInt64 = 0
    /// The same at the peer that echoes.
    var expectedAtPeer: UInt64 = 0

    var relayed: TransportAddress { TransportAddress(ip: .v4(relayedBits), port: relayedPort) }

    init(_ opened: Opened) {
        client = opened.descriptor
        channel = opened.channel ?? 0
        relayedBits = opened.relayed.bits
        relayedPort = opened.relayed.port
    }
}

/// What was counted since the load began, or between two moments of it.
struct Tally {
    var sent = 0
    /// Arrived whole, in order, once, where they belong.
    var delivered = 0
    /// Never arrived: a later one of the same flow did, or nothing for a while.
    var lost = 0
    /// Arrived after one that was sent later, or twice.
    var late = 0
    /// Arrived changed, or where they do not belong: a run with one of these counts for nothing.
    var wrong = 0
    /// Arrived as they should, but their times do not count.
    var disturbed = 0
    /// Messages that `recvmmsg` gave; the kernel joins what came as one train.
    var messages = 0
    var at: Int64 = 0
    var serverTime: Int64 = 0
    var watchedTime: Int64 = 0
    var ownTime: Int64 = 0

    static func - (later: Tally, earlier: Tally) -> Tally {
        Tally(
            sent: later.sent - earlier.sent, delivered: later.delivered - earlier.delivered, lost: later.lost - earlier.lost,
            late: later.late - earlier.late, wrong: later.wrong - earlier.wrong, disturbed: later.disturbed - earlier.disturbed,
            messages: later.messages - earlier.messages, at: later.at - earlier.at, serverTime: later.serverTime - earlier.serverTime,
            watchedTime: later.watchedTime - earlier.watchedTime, ownTime: later.ownTime - earlier.ownTime)
    }
}
