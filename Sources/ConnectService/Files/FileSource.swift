import Crypto
import Foundation
import Glibc
import Session

/// A file of this computer that is being sent: read once from its beginning to its end, and found out when it changes
/// meanwhile. Used by one thread at a time; reading may block.
final class FileSource: @unchecked Sendable {
    /// Why a file cannot be sent, as a sentence that says what to do.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// As the receiver is told.
    let name: String
    let bytes: UInt64
    private let handle: FileHandle
    private let before: Stamp
    private var hash = SHA256()

    /// What changes when somebody writes.
    fileprivate struct Stamp: Equatable {
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    init(path: String) throws(Problem) {
        // A pipe that nobody writes to must not be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.problem(path, errno) }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw Self.problem(path, errno) }
        switch info.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR:
            let folder = (path as NSString).lastPathComponent.printable
            throw Problem(description: "\(path.printable) is a folder. Pack it first, and send the archive: tar czf \(folder).tar.gz \(folder)")
        default: throw Problem(description: "\(path.printable) is not a plain file, so it cannot be sent.")
        }
        before = Stamp(info)
        bytes = UInt64(max(0, info.st_size))
        name = FileName((path as NSString).lastPathComponent).text
    }

    /// The next bytes, as many as are wanted; fewer at the end, and none behind it.
    func read(_ count: Int) throws(FileFailure) -> [UInt8] {
        let data: Data
        do { data = try handle.read(upToCount: count) ?? Data() } catch { throw .unreadable }
        hash.update(data: data)
        return Array(data)
    }

    /// SHA-256 over everything that was read.
    func finish() throws(FileFailure) -> [UInt8] {
        var info = stat()
        guard fstat(handle.fileDescriptor, &info) == 0 else { throw .unreadable }
        guard Stamp(info) == before else { throw .changed }
        return Array(hash.finalize())
    }

    private static func problem(_ path: String, _ code: Int32) -> Problem {
        let path = path.printable
        return switch code {
        case ENOENT, ENOTDIR: Problem(description: "There is no file \(path).")
        case EACCES, EPERM: Problem(description: "\(path) cannot be read: its owner has not allowed it.")
        default: Problem(description: "\(path) cannot be read: \(String(cString: strerror(code))).")
        }
    }
}

extension FileSource.Stamp {
    fileprivate init(_ info: stat) {
        self.init(size: Int(info.st_size), seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec)
    }
}
