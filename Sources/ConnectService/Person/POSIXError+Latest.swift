import Foundation
import Glibc

extension POSIXError {
    /// Why the system call before has failed, as errno(3) says.
    static var latest: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
