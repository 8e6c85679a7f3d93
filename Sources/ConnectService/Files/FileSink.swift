import Crypto
import Foundation
import Glibc
import Session

/// A file that is being received: a hidden one beside its place until it is whole, for the owner alone, and never in the place of
/// another. Used by one thread at a time; writing may block.
final class FileSink: @unchecked Sendable {
    private let folder: String
    private let name: FileName
    private let handle: FileHandle
    private let partial: String
    private var hash = SHA256()
    private var isOver = false

    /// So many files of one name are kept beside each other.
    private static let mostOfOneName = 1000
    /// Bytes of the disk that are left to whoever else writes there.
    private static let margin: UInt64 = 16 << 20

    /// - Parameters:
    ///   - folder: made when it is not there.
    ///   - bytes: what will come; there must be room for it.
    init(folder: String, name: String, bytes: UInt64) throws(FileFailure) {
        self.folder = folder
        self.name = FileName(name)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .unwritable
        }
        if let free = Self.free(in: folder), free < bytes + min(Self.margin, bytes) { throw .noRoom }
        var template = Array("\(folder)/.\(self.name.text).part-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)  // 0600, and new
        guard descriptor >= 0 else { throw Self.failure(errno) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        partial = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ bytes: [UInt8]) throws(FileFailure) {
        guard !isOver else { throw .cancelled }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(handle.fileDescriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(errno) }
            rest = rest.dropFirst(count)
        }
        hash.update(data: bytes)
    }

    /// Puts the file where it belongs, if it is what was sent.
    ///
    /// - Returns: its path.
    func keep(sha256 expected: [UInt8]) throws(FileFailure) -> String {
        guard !isOver else { throw .cancelled }
        guard Array(hash.finalize()) == expected else { throw .damaged }
        guard fsync(handle.fileDescriptor) == 0 else { throw Self.failure(errno) }
        for number in 1...Self.mostOfOneName {
            let path = "\(folder)/\(number == 1 ? name.text : name.numbered(number))"
            // Whoever makes the name has it: rename(2) alone would replace what somebody else has put there meanwhile.
            let place = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard place >= 0 else {
                guard errno == EEXIST else { throw Self.failure(errno) }
                continue
            }
            close(place)
            guard rename(partial, path) == 0 else {
                let failure = Self.failure(errno)
                unlink(path)
                throw failure
            }
            isOver = true
            return path
        }
        throw .unwritable
    }

    /// Forgets what was written, unless it is kept.
    func discard() {
        guard !isOver else { return }
        isOver = true
        unlink(partial)
    }

    deinit { discard() }

    private static func free(in folder: String) -> UInt64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value
    }

    private static func failure(_ code: Int32) -> FileFailure {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: .noRoom
        default: .unwritable
        }
    }
}
