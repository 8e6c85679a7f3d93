import Foundation
import Glibc

/// The records of past sessions: a file with one JSON object a line, the oldest first, which a person may read and delete.
public struct SessionHistory: Sendable {
    /// When the file grows beyond, its older half is forgotten. Some thousand sessions.
    static let maximumBytes = 1 << 20

    let path: String

    /// `history.jsonl` in the state directory.
    public init() { self.init(path: StateDirectory.path() + "/history.jsonl") }

    init(path: String) { self.path = path }

    /// The oldest first; lines that cannot be read are left out.
    public var records: [SessionRecord] { lines.compactMap { try? JSONDecoder().decode(SessionRecord.self, from: $0) } }

    /// Adds a record; readable by its owner alone.
    func append(_ record: SessionRecord) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try encoder.encode(record) + Data("\n".utf8)
        try StateDirectory.makeFolder(of: path)
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // One write is one line, also when two programs end at once.
        try handle.write(contentsOf: line)
        if try handle.seekToEnd() > UInt64(Self.maximumBytes) { try forgetHalf() }
    }

    /// What another program appends meanwhile is lost; that is rare, and no more than one line.
    private func forgetHalf() throws {
        let kept = lines.suffix(max(lines.count / 2, 1))
        let data = kept.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) }
        let fresh = path + ".new"
        // What a crash has left there is nobody's.
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: data)
        guard rename(fresh, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    private var lines: [Data] {
        guard let handle = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? handle.close() }
        // Twice: the file may be beyond its bound by a record.
        let data = (try? handle.read(upToCount: 2 * Self.maximumBytes)) ?? Data()
        return data.split(separator: UInt8(ascii: "\n")).map { Data($0) }
    }
}
