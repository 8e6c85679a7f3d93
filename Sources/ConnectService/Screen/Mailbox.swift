import Glibc
import Synchronization

/// Orders from any thread to one that waits in poll(2): a queue, and a pipe that wakes the waiting thread.
final class Mailbox<Element: Sendable>: Sendable {
    /// pipe(2) failed: no descriptors are left.
    struct Failure: Error { let code: Int32 }

    /// Readable while there may be something.
    let fileDescriptor: Int32
    private let writingEnd: Int32
    private let queue = Mutex<[Element]>([])

    init() throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(code: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        fileDescriptor = ends[0]
        writingEnd = ends[1]
    }

    deinit {
        close(fileDescriptor)
        close(writingEnd)
    }

    /// How many wait.
    var count: Int { queue.withLock(\.count) }

    func post(_ element: Element) {
        queue.withLock { $0.append(element) }
        var byte: UInt8 = 1
        write(writingEnd, &byte, 1)  // a full pipe wakes the thread as well
    }

    /// Everything that was posted since the last call.
    func takeAll() -> [Element] {
        var drained = [UInt8](repeating: 0, count: 256)
        while read(fileDescriptor, &drained, drained.count) == drained.count {}
        return queue.withLock { queue in
            defer { queue = [] }
            return queue
        }
    }
}
