import CLinuxNet
import Glibc
import Synchronization

/// Messages from other threads to a worker: a lock, a bounded queue, and an eventfd that wakes the worker.
final class Mailbox<Element: Sendable>: Sendable {
    /// What may wait before messages are dropped. Streams are slowed down long before that.
    static var limit: Int { 65_536 }

    let descriptor: Int32
    private let queue = Mutex<[Element]>([])

    init() throws(DataPlaneError) {
        descriptor = ra_eventfd()
        guard descriptor >= 0 else { throw .system("eventfd", .current) }
    }

    deinit { close(descriptor) }

    /// Puts a message in; false when it was dropped because the worker is behind.
    ///
    /// - Parameter isVital: never dropped; there are as few of these as there are connections.
    @discardableResult
    func post(_ element: Element, isVital: Bool = false) -> Bool {
        let (isTaken, wasEmpty) = queue.withLock { queue in
            guard isVital || queue.count < Self.limit else { return (false, false) }
            queue.append(element)
            return (true, queue.count == 1)
        }
        if wasEmpty { ra_eventfd_signal(descriptor) }
        return isTaken
    }

    /// Everything that waits, in order.
    func takeAll() -> [Element] {
        ra_eventfd_clear(descriptor)
        return queue.withLock { queue in
            defer { queue = [] }
            return queue
        }
    }
}
