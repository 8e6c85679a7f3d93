import ICE
import NIOCore
import NetPrimitives
import STUN

/// A TCP connection between two peers that carries packets, each in a frame (RFC 4571 §2).
///
/// What waits to be sent is bounded: packets are dropped as UDP would drop them, and SCTP finds its pace by that. Confined to
/// its peer connection.
final class PacketStream {
    /// Bytes of data that may wait in this process: half a second at 1 Mbit/s, since the answers to checks come behind them.
    static let dataLimit = 64 << 10
    /// Checks and their answers are not sent again over TCP (RFC 8489 §6.2.2), so they are dropped last: a peer that asks and
    /// asks and does not read gets no more.
    static let checkLimit = 2 * dataLimit
    /// Bytes that the kernel may have unsent; what is in flight is TCP's affair.
    private static let unsentLimit = 16 << 10
    /// TCP_NOTSENT_LOWAT, linux/tcp.h.
    private static let unsentOption: CInt = 25
    /// Whoever is there answers within this time: ICE's checks come every few seconds.
    static let patience = Duration.seconds(5)
    /// As long as a check is waited for.
    private static let trial = Duration.seconds(10)

    /// Whoever has gone elsewhere need not have said goodbye.
    static let longestSilence = Duration.seconds(60)

    /// What the events of its channel carry.
    let number: Int
    let ends: StreamEnds
    private let channel: any Channel
    let openedAt: Instant
    private var framing = StreamFraming()
    private(set) var heardAt: Instant
    /// The first thing sent since something came.
    private var unansweredSince: Instant?
    /// Whether an ICE agent is at the other end, which may say what is no check.
    var isProven = false
    /// Whether it is the peer's: it has answered a check of ours. A check that was heard elsewhere anybody can play back.
    var isAnswered = false

    init(_ number: Int, _ ends: StreamEnds, channel: any Channel, at now: Instant) {
        self.number = number
        self.ends = ends
        self.channel = channel
        openedAt = now
        heardAt = now
        let options = channel.syncOptions
        try? options?.setOption(.writeBufferWaterMark, value: .init(low: Self.dataLimit / 2, high: Self.dataLimit))
        try? options?.setOption(.tcpOption(.init(rawValue: Self.unsentOption)), value: Self.unsentLimit)
    }

    /// The packets that are complete with these bytes.
    func receive(_ bytes: [UInt8], at now: Instant) -> [[UInt8]] {
        heardAt = now
        unansweredSince = nil
        return framing.receive(bytes)
    }

    func send(_ packet: [UInt8], at now: Instant) {
        unansweredSince = unansweredSince ?? now
        guard mayWait(packet), let frame = StreamFraming.frame(packet) else { return }
        channel.writeAndFlush(ByteBuffer(bytes: frame), promise: nil)
    }

    private func mayWait(_ packet: [UInt8]) -> Bool {
        if channel.isWritable { return true }
        guard Message.looksLike(packet), let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes) else {
            return false
        }
        return waiting < Self.checkLimit
    }

    /// Whether nothing answers on it any more: a new connection is worth more than TCP's retransmissions, which grow rare.
    func isStuck(at now: Instant) -> Bool { unansweredSince.map { now - $0 > Self.patience } ?? false }

    /// When to give up on one where the peer does not answer, or has nothing to say: the agent asks what it may need every
    /// few seconds.
    var deadline: Instant { isAnswered ? heardAt + Self.longestSilence : openedAt + Self.trial }

    func close() { channel.close(promise: nil) }
}
