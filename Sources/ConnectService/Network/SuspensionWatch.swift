import CSystemd
import Foundation
import Glibc
import Logging

/// Says when this computer is about to be suspended, and when it has woken, where systemd-logind tells programs of it.
///
/// A lock makes the suspension wait until the program is done with what it wants to say before. The bus is listened to on a
/// thread of its own, which ends with the watch. A computer without a system bus, or without logind, tells nothing.
final class SuspensionWatch: Sendable {
    private let stopping: Int32

    /// Nil when the system has no descriptors left.
    ///
    /// - Parameters:
    ///   - bus: the bus' address; nil for the system's.
    ///   - sleeps: called on the watch's thread, which holds the suspension up until `done` was called.
    ///   - wakes: called on the watch's thread.
    ///   - ended: called on the watch's thread when nothing more will be told, and nothing is held up.
    init?(
        bus: String? = nil, sleeps: @escaping @Sendable (_ done: @escaping @Sendable () -> Void) -> Void,
        wakes: @escaping @Sendable () -> Void, ended: @escaping @Sendable () -> Void = {}
    ) {
        // unsafe: two descriptors are written to the array's storage, which is exactly so large.
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        stopping = ends[1]
        let stop = ends[0]
        let thread = Thread {
            Self.listen(on: bus, until: stop, sleeps: sleeps, wakes: wakes)
            close(stop)
            ended()
        }
        thread.name = "suspensions"
        thread.start()
    }

    deinit { close(stopping) }

    /// How long the suspension is held up at most: logind itself waits 5 s, if nobody has changed that.
    private static let patience = DispatchTimeInterval.seconds(3)

    private static func listen(
        on bus: String?, until stop: Int32, sleeps: (@escaping @Sendable () -> Void) -> Void, wakes: () -> Void
    ) {
        // unsafe: the watch is of this thread alone, and not used after it was closed.
        guard let watch = ra_suspensions_open(bus) else {
            return ClientLog.path.debug("no system bus tells of suspensions")
        }
        defer { ra_suspensions_close(watch) }
        func lock() { ra_suspensions_lock(watch, "ra-connect", "The other side is told to wait") }
        lock()
        while true {
            switch ra_suspensions_wait(watch, stop) {
            case 1:
                let said = DispatchSemaphore(value: 0)
                sleeps { said.signal() }
                _ = said.wait(timeout: .now() + patience)
                ra_suspensions_unlock(watch)
            case 0:
                lock()
                wakes()
            default:
                return
            }
        }
    }
}
