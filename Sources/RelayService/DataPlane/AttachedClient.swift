public import NetPrimitives

/// A TCP or TLS client's way into the worker that serves it. Call from any thread.
public final class AttachedClient: Sendable {
    public let fiveTuple: FiveTuple
    let connection: any ClientConnection
    private let mailbox: Mailbox<WorkerMessage>
    /// What the worker has not taken yet: one connection must not fill the mailbox of all.
    private let incoming = ByteBudget()

    init(_ connection: any ClientConnection, fiveTuple: FiveTuple, mailbox: Mailbox<WorkerMessage>) {
        self.connection = connection
        self.fiveTuple = fiveTuple
        self.mailbox = mailbox
        mailbox.post(.attach(self), isVital: true)
    }

    /// Hands in one whole message, as `StreamFramer` cuts them; dropped when the worker is behind.
    public func receive(_ message: [UInt8]) {
        // The overhead keeps a flood of empty messages within the budget too.
        let cost = message.count + Self.overhead
        guard incoming.reserve(cost) else { return }
        if !mailbox.post(.message(message, from: self)) { incoming.release(cost) }
    }

    /// The connection is gone: its allocation is deleted. Once is enough.
    public func disconnected() { mailbox.post(.detach(self), isVital: true) }

    /// The worker has taken a message.
    func taken(_ message: [UInt8]) { incoming.release(message.count + Self.overhead) }

    /// About what a message costs beside its bytes.
    private static let overhead = 64
}
