import NIOCore
import NIOSSL
import Synchronization

/// The data plane's way to a TCP or TLS client's channel. Called from its workers' threads.
///
/// What is written gathers in one buffer, which goes out with one call when the turn is over. Only one is under way: while
/// the reader is slow, what follows gathers, so that what waits is bytes and not buffers, and is bounded.
final class ChannelConnection: ClientConnection {
    private struct Pending {
        var bytes = ByteBuffer()
        /// Of each message, inside TLS.
        var lengths: [Int] = []
        /// How many there were the last time: about how many there will be.
        var usual = 0
        /// A task or a write will see to what is here.
        var isUnderWay = false
    }

    let isEncrypted: Bool
    private let channel: any Channel
    private let resume: @Sendable () -> Void
    private let join: @Sendable (PeerStream, [UInt8]) -> Void
    private let budget: ByteBudget
    private let pending = Mutex(Pending())

    /// Call it on the channel's event loop. `resume` and `join` are called on the channel's event loop.
    ///
    /// - Parameter limit: bytes that wait at most, here and for the channel.
    init(
        _ channel: any Channel, limit: Int = ByteBudget.defaultLimit, resume: @escaping @Sendable () -> Void,
        join: @escaping @Sendable (PeerStream, [UInt8]) -> Void
    ) {
        self.join = join
        self.channel = channel
        isEncrypted = (try? channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)) != nil
        self.resume = resume
        budget = ByteBudget(limit: limit)
    }

    func write(_ message: [UInt8]) -> Bool {
        guard budget.reserve(message.count) else { return false }
        pending.withLock { pending in
            if pending.bytes.capacity == 0 { pending.bytes.reserveCapacity(max(pending.usual, message.count)) }
            pending.bytes.writeBytes(message)
            if isEncrypted { pending.lengths.append(message.count) }
        }
        return true
    }

    func flush() {
        let isToBegin = pending.withLock { pending in
            guard !pending.isUnderWay, pending.bytes.readableBytes > 0 else { return false }
            pending.isUnderWay = true
            return true
        }
        if isToBegin { channel.eventLoop.execute { self.writePending() } }
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

    /// On the channel's event loop.
    private func writePending() {
        var (bytes, lengths) = pending.withLock { pending in
            defer { (pending.bytes, pending.lengths) = (ByteBuffer(), []) }
            pending.usual = pending.bytes.readableBytes
            pending.isUnderWay = pending.usual > 0
            return (pending.bytes, pending.lengths)
        }
        let count = bytes.readableBytes
        guard count > 0 else { return }
        // Inside TLS each message has a record of its own, as coturn's client takes a record for a message.
        for length in lengths.dropLast() {
            if let message = bytes.readSlice(length: length) { channel.write(message, promise: nil) }
        }
        // A closed channel's bytes fail, and are gone.
        channel.writeAndFlush(bytes).whenComplete { _ in
            self.budget.release(count)
            self.pending.withLock { $0.isUnderWay = false }
            self.flush()
        }
    }
}
