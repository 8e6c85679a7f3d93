import CLinuxNet
import Glibc

/// The process's table of open files.
enum DescriptorTable {
    /// Makes room for `count` at once, as far as the limit allows. A table that has to grow while threads share it makes
    /// whoever opens a file wait for all processors (RCU): milliseconds, each time that it doubles.
    ///
    /// - Parameter descriptor: any that is open.
    static func reserve(_ count: Int, beside descriptor: Int32) {
        let count = min(count, Int(clamping: ra_file_limit()))
        let last = fcntl(descriptor, F_DUPFD_CLOEXEC, Int32(clamping: count - 1))
        if last >= 0 { close(last) }
    }
}
