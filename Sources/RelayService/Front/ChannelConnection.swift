import NIOCore
import STUN
import Synchronization
import TURN

/// The data plane's way to a TCP or TLS client's channel. Called from its workers' threads.
///
/// What is written gathers in one buffer, which goes out with one call when the turn is over. Only one is under way: while
/// the reader is slow, what follows gathers, so that what waits is bytes and not buffers, and is bounded.
final class ChannelConnection: ClientConnection {
    private struct Pending {
        var bytes = ByteBuffer()
        /// How many of them are answers.
        var answers = 0
        /// How many there were the last time: about how many there will be.
        var usual = 0
        /// A task or a write will see to what is here.
        var isUnderWay = false

        mutating func makeRoom(for count: Int, _ sender: LoopSender) {
            guard bytes.capacity == 0 else { return }
            bytes = sender.spare()
            bytes.reserveCapacity(max(usual, count))
        }
    }

    /// Messages have a TLS record each, as coturn's test client takes a record for a message; they share records when more
    /// bytes than this go out at once...
    static let separateLimit = 4096
    /// ...and the first message has more than these: whoever gets many small ones at once (sound, that client) gets few in a
    /// second, and records cost little there. RFC 8656 §3.1 gives records' bounds no meaning.
    static let smallMessage = 512
    /// Bytes of answers that may wait before nothing more is asked: who does not read them need not have more. What peers
    /// send does not count, as a client whose line is slow has to be heard.
    private static let comfortable = 16 * 1024

    let isEncrypted: Bool
    private let channel: any Channel
    private let sender: LoopSender
    private let resume: @Sendable () -> Void
    private let join: @Sendable (PeerStream, [UInt8]) -> Void
    private let budget: ByteBudget
    private let pending = Mutex(Pending())
    /// Bytes that the channel has and is full of. Of the event loop alone.
    nonisolated(unsafe) private var underWay = 0
    nonisolated(unsafe) private var answersUnderWay = 0
    /// Reading waits for answers to be taken. Of the event loop alone.
    nonisolated(unsafe) private var isHeld = false

    /// `resume` and `join` are called on the channel's event loop.
    ///
    /// - Parameters:
    ///   - isEncrypted: whether there is TLS beneath.
    ///   - sender: of the channel's event loop.
    ///   - account: what the connection has of all connections' memory.
    ///   - limit: bytes that wait at most, here and for the channel.
    init(
        _ channel: any Channel, isEncrypted: Bool, sender: LoopSender, account: StreamAccount? = nil,
        limit: Int = ByteBudget.defaultLimit,
        resume: @escaping @Sendable () -> Void, join: @escaping @Sendable (PeerStream, [UInt8]) -> Void
    ) {
        self.isEncrypted = isEncrypted
        self.join = join
        self.channel = channel
        self.sender = sender
        self.resume = resume
        budget = ByteBudget(limit: limit, account: account)
    }

    func write(_ message: [UInt8]) -> Bool {
        guard budget.reserve(message.count) else { return false }
        pending.withLock { pending in
            pending.makeRoom(for: message.count, sender)
            pending.bytes.writeBytes(message)
            if message.isAnswer { pending.answers += message.count }
        }
        return true
    }

    func write(_ datagrams: StreamDatagrams) -> Int {
        let granted = budget.reserve(upTo: datagrams.framedSize)
        var left = 0
        let written = pending.withLock { pending in
            pending.makeRoom(for: granted, sender)
            return pending.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: granted) { room in
                let frames = datagrams.frame(into: UnsafeMutableRawBufferPointer(rebasing: room.prefix(granted)))
                left = frames.left
                return frames.written
            }
        }
        budget.release(granted - written)
        return left
    }

    func flush() -> (any StreamSender)? {
        let isToBegin = pending.withLock { pending in
            guard !pending.isUnderWay, pending.bytes.readableBytes > 0 else { return false }
            pending.isUnderWay = true
            return true
        }
        return isToBegin && sender.add(self) ? sender : nil
    }

    /// Whether more may be read; after a no, `resume` is called when answers have been taken. On the channel's event loop.
    func mayRead() -> Bool {
        isHeld = pending.withLock(\.answers) + answersUnderWay > Self.comfortable
        return !isHeld
    }

    func resumeReading() { channel.eventLoop.execute(resume) }

    func close() {
        channel.eventLoop.execute {
            self.writePending()
            self.channel.close(promise: nil)
        }
    }

    func join(_ peer: PeerStream, answering answer: [UInt8]) {
        channel.eventLoop.execute {
            // All of it, whatever is under way: the answer is the last message.
            self.writePending()
            self.join(peer, answer)
        }
    }

    /// Sends what was written. On the channel's event loop.
    func writePending() {
        var bytes = pending.withLock { pending in
            defer { (pending.bytes, pending.answers) = (ByteBuffer(), 0) }
            answersUnderWay += pending.answers
            pending.usual = pending.bytes.readableBytes
            pending.isUnderWay = pending.usual + underWay > 0
            return pending.bytes
        }
        let count = bytes.readableBytes
        guard count > 0 else { return }
        if isEncrypted, count <= Self.separateLimit || bytes.firstMessageLength ?? 0 <= Self.smallMessage {
            while let length = bytes.firstMessageLength, length < bytes.readableBytes,
                let message = bytes.readSlice(length: length)
            {
                channel.write(message, promise: nil)
            }
        }
        // A closed channel's bytes are gone.
        channel.pipeline.syncOperations.writeAndFlush(NIOAny(bytes), promise: nil)
        sender.keep(bytes)
        underWay += count
        writabilityChanged()
    }

    /// Nobody writes here any more, or asks what the channel has taken: what waits there no longer counts. On the channel's
    /// event loop.
    func leave() {
        let unsent = pending.withLock { pending in
            defer { (pending.bytes, pending.answers) = (ByteBuffer(), 0) }
            return pending.bytes.readableBytes
        }
        budget.release(underWay + unsent)
        (underWay, answersUnderWay) = (0, 0)
    }

    /// The channel takes more, or takes nothing ever again; or neither. On the channel's event loop.
    ///
    /// What it has taken no longer counts once it is writable: then it holds no more than its own high-water mark. Asking that
    /// is cheaper than a promise for every write.
    func writabilityChanged() {
        guard underWay > 0, channel.isWritable || !channel.isActive else { return }
        budget.release(underWay)
        (underWay, answersUnderWay) = (0, 0)
        pending.withLock { $0.isUnderWay = false }
        flush()?.wake()
        if isHeld, mayRead() { resume() }
    }
}

extension [UInt8] {
    /// A response of STUN's: its class has the higher bit, which is the first byte's lowest (RFC 8489 §5).
    fileprivate var isAnswer: Bool { first == 1 }
}

extension ByteBuffer {
    /// Bytes of the message that stands in front, padding included: STUN's, or ChannelData's.
    fileprivate var firstMessageLength: Int? {
        guard let header = getInteger(at: readerIndex, as: UInt32.self) else { return nil }
        let length = Int(header & 0xFFFF)
        return header >> 30 == 0 ? Message.headerSize + length : ChannelData.headerSize + (length + 3) & ~3
    }
}
