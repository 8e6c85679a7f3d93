import NIOCore

/// The senders of a group's event loops.
struct LoopSenders: Sendable {
    private let senders: [ObjectIdentifier: LoopSender]

    init(_ group: some EventLoopGroup) {
        senders = Dictionary(uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopSender($0)) })
    }

    /// One of its own for a loop of another group's.
    subscript(eventLoop: any EventLoop) -> LoopSender { senders[ObjectIdentifier(eventLoop)] ?? LoopSender(eventLoop) }
}
