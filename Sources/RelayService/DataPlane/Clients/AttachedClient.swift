public import NetPrimitives
import Synchronization

/// A TCP or TLS client's way into the worker that serves it. Call from any thread.
public final class AttachedClient: Sendable {
    public let fiveTuple: FiveTuple
    let connection: any ClientConnection
    private let mailbox: Mailbox<WorkerMessage>
    /// What the worker has not taken yet: one connection must not fill the mailbox of all.
    private let incoming = ByteBudget()
    private let account: StreamAccount?
    private let isPaused = Atomic<Bool>(false)

    init(
        _ connection: any ClientConnection, fiveTuple: FiveTuple, account: StreamAccount?, mailbox: Mailbox<WorkerMessage>
    ) {
        self.connection = connection
        self.account = account
        self.fiveTuple = fiveTuple
        self.mailbox = mailbox
        mailbox.post(.attach(self), isVital: true)
    }

    /// Asks whether more may be read from the connection. After a no, `ClientConnection.resumeReading()` is called
    /// once the worker has caught up: a stream is slowed down, for nobody sends a lost request again over TCP.
    public func mayRead() -> Bool {
        guard incoming.count > Self.comfortable else { return true }
        isPaused.store(true, ordering: .sequentiallyConsistent)
        // The worker may have caught up in between, and would not tell.
        guard incoming.count <= Self.comfortable else { return false }
        return isPaused.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// Hands in whole messages, as `StreamFramer` cuts them: best all that one reading brought, for the worker is
    /// woken once. The last ones are dropped when far more was read than may wait.
    public func receive(_ messages: [[UInt8]]) {
        let taken = messages.prefix { incoming.reserve(Self.cost($0)) }
        if taken.count < messages.count { mailbox.countRefused(messages.count - taken.count) }
        guard !taken.isEmpty else { return }
        account?.add(Self.cost(taken))
        guard !mailbox.post(.messages(Array(taken), from: self)) else { return }
        mailbox.countRefused(taken.count - 1)
        release(taken)
    }

    /// The connection is gone: its allocation is deleted. Once is enough.
    public func disconnected() { mailbox.post(.detach(self), isVital: true) }

    /// The worker has taken messages.
    func taken(_ messages: [[UInt8]]) {
        release(messages[...])
        if incoming.count <= Self.comfortable, isPaused.exchange(false, ordering: .sequentiallyConsistent) {
            connection.resumeReading()
        }
    }

    private func release(_ messages: ArraySlice<[UInt8]>) {
        let count = Self.cost(messages)
        incoming.release(count)
        account?.release(count)
    }

    private static func cost(_ messages: ArraySlice<[UInt8]>) -> Int { messages.reduce(0) { $0 + cost($1) } }

    /// The overhead keeps a flood of empty messages within the budget too.
    private static func cost(_ message: [UInt8]) -> Int { message.count + overhead }

    /// Bytes that may wait before reading pauses: a fifth of a millisecond of the worker's time, so that many who
    /// flood cost one who does not little.
    private static let comfortable = 16 * 1024

    /// About what a message costs beside its bytes.
    private static let overhead = 64
}
