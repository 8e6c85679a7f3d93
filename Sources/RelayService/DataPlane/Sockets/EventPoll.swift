import CLinuxNet
import Glibc

/// An epoll: tells which descriptors have something to read.
final class EventPoll: Sendable {
    let descriptor: Int32

    init() throws(DataPlaneError) {
        descriptor = ra_epoll_create()
        guard descriptor >= 0 else { throw .system("epoll_create1", .current) }
    }

    deinit { close(descriptor) }

    /// Watches a descriptor until it is closed.
    func watch(_ watched: Int32, _ tag: EpollTag) throws(SystemError) {
        guard ra_epoll_add(descriptor, watched, tag.rawValue) == 0 else { throw .current }
    }

    /// Watches it no more, though it stays open.
    func unwatch(_ watched: Int32) { _ = ra_epoll_remove(descriptor, watched) }
}

/// What an epoll said is ready, in memory that is used again.
struct ReadyList: ~Copyable {
    private static let capacity = Int(RA_MAXIMUM_EVENTS)
    private let tags: UnsafeMutablePointer<UInt64>
    private(set) var count = 0

    init() {
        // unsafe: lives as long as the list; the shim writes at most `capacity` tags.
        tags = .allocate(capacity: Self.capacity)
        tags.initialize(repeating: 0, count: Self.capacity)
    }

    deinit { tags.deallocate() }

    /// Waits up to so many milliseconds, -1 for ever. An interrupted wait is an empty one.
    mutating func wait(for epoll: Int32, milliseconds: Int32) {
        count = max(0, Int(ra_epoll_wait(epoll, tags, milliseconds)))
    }

    /// What is ready, and whether it has an error; `index` is below `count`.
    subscript(index: Int) -> (tag: EpollTag?, hasError: Bool) {
        let error = UInt64(1) << RA_EVENT_ERROR_BIT
        return (EpollTag(rawValue: tags[index] & ~error), tags[index] & error != 0)
    }
}
