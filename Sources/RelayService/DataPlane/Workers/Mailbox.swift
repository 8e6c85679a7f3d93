import CLinuxNet
import Glibc
import Synchronization

/// Messages from other threads to a worker: a lock, a bounded queue, and an eventfd that wakes the worker.
final class Mailbox<Element: Sendable>: Sendable {
    /// What may wait before messages are dropped. Streams are slowed down long before that.
    static var limit: Int { 65_536 }

    let descriptor: Int32
    private struct Queue {
        var waiting: [Element] = []
        var isClosed = false
        /// Messages that were dropped so far.
        var refused: UInt64 = 0
    }

    private let queue = Mutex(Queue())

    init() throws(DataPlaneError) {
        descriptor = ra_eventfd()
        guard descriptor >= 0 else { throw .system("eventfd", .current) }
    }

    deinit { close(descriptor) }

    /// Puts a message in; false when it was dropped: the worker is behind, or has ended.
    ///
    /// - Parameter isVital: never dropped while the worker runs; there are as few of these as there are connections.
    @discardableResult
    func post(_ element: Element, isVital: Bool = false) -> Bool {
        let (isTaken, wasEmpty) = queue.withLock { queue in
            guard !queue.isClosed, isVital || queue.waiting.count < Self.limit else {
                queue.refused &+= 1
                return (false, false)
            }
            queue.waiting.append(element)
            return (true, queue.waiting.count == 1)
        }
        if wasEmpty { ra_eventfd_signal(descriptor) }
        return isTaken
    }

    /// Everything that waits, in order.
    func takeAll() -> [Element] {
        ra_eventfd_clear(descriptor)
        return queue.withLock { queue in
            defer { queue.waiting = [] }
            return queue.waiting
        }
    }

    /// Takes no further message; what waits is for the caller.
    func closeAndTakeAll() -> [Element] {
        queue.withLock { queue in
            queue.isClosed = true
            defer { queue.waiting = [] }
            return queue.waiting
        }
    }

    /// So many were dropped before they came here.
    func countRefused(_ count: Int) { queue.withLock { $0.refused &+= UInt64(count) } }

    var refusedCount: UInt64 { queue.withLock { $0.refused } }
}
