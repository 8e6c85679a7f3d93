import Foundation
import Glibc

/// A file of lines that no other program of ours writes meanwhile (flock(2)); they wait for each other for as long as a line
/// takes to be written.
struct LockedFile {
    private let handle: FileHandle

    /// Beside others that read.
    init(reading path: String) throws { try self.init(path, O_RDONLY, LOCK_SH) }

    /// Alone; made when it is not there, and its owner's alone from now on.
    init(writing path: String) throws {
        try self.init(path, O_RDWR | O_CREAT, LOCK_EX)
        guard fchmod(handle.fileDescriptor, 0o600) == 0 else { throw POSIXError.latest }
    }

    private init(_ path: String, _ flags: Int32, _ lock: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw POSIXError.latest }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        while flock(descriptor, lock) != 0 {
            guard errno == EINTR else { throw POSIXError.latest }
        }
    }

    var size: UInt64 { get throws { try handle.seekToEnd() } }

    /// The last lines of the file that have so many bytes together, without their ends.
    func newestLines(upTo bytes: Int) throws -> [Data] {
        let size = try size
        let start = size - min(size, UInt64(bytes))
        // One byte more tells whether the first line is whole.
        try handle.seek(toOffset: start - min(start, 1))
        let data = try handle.read(upToCount: bytes + 1) ?? Data()
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Data($0) }
        return (start == 0 ? lines : Array(lines.dropFirst())).filter { !$0.isEmpty }
    }

    func append(line: Data) throws {
        try handle.seekToEnd()
        try handle.write(contentsOf: line + Data("\n".utf8))
    }

    /// Replaces everything. In place, which a full disk does not hinder: the file grows by nothing.
    func keep(_ lines: [Data]) throws {
        try handle.seek(toOffset: 0)
        try handle.write(contentsOf: lines.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) })
        try handle.truncate(atOffset: handle.offsetInFile)
    }
}
