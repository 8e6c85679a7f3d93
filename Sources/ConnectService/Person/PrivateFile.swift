import Foundation
import Glibc

/// A file that is written whole or not at all, and that nobody reads meanwhile who may not read it afterwards.
enum PrivateFile {
    /// Writes under another name, which nobody can guess or have taken, beside the file; then gives it the file's.
    ///
    /// - Parameters:
    ///   - path: what is there is replaced. A link is not followed.
    ///   - mode: its owner's alone, unless the caller knows better.
    /// - Throws: what the file system says; nothing has changed then.
    static func write(_ contents: some DataProtocol, to path: String, mode: UInt32 = 0o600) throws {
        let temporary = "\(path).\(UUID().uuidString).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw POSIXError.latest }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: contents)
            guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw POSIXError.latest }
        } catch {
            unlink(temporary)
            throw error
        }
    }
}
