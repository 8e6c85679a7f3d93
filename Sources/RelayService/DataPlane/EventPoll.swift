import CLinuxNet
import Glibc

/// An epoll: tells which descriptors have something to read.
final class EventPoll: Sendable {
    private let descriptor: Int32

    init() throws(DataPlaneError) {
        descriptor = ra_epoll_create()
        guard descriptor >= 0 else { throw .system("epoll_create1", .current) }
    }

    deinit { close(descriptor) }

    /// Watches a descriptor until it is closed.
    func watch(_ watched: Int32, _ tag: EpollTag) throws(SystemError) {
        guard ra_epoll_add(descriptor, watched, tag.rawValue) == 0 else { throw .current }
    }

    /// Waits up to so many milliseconds, -1 for ever, and gives each tag that is ready to `body`, and whether it has an error.
    func wait(milliseconds: Int32, _ body: (EpollTag, _ hasError: Bool) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Int(RA_MAXIMUM_EVENTS)) { tags in
            // unsafe: the shim writes at most RA_MAXIMUM_EVENTS tags. An interrupted wait is an empty one.
            let count = ra_epoll_wait(descriptor, tags.baseAddress, milliseconds)
            for bits in tags.prefix(max(0, Int(count))) {
                let error = UInt64(1) << RA_EVENT_ERROR_BIT
                if let tag = EpollTag(rawValue: bits & ~error) { body(tag, bits & error != 0) }
            }
        }
    }
}
