import Foundation
import Glibc

/// The records of past sessions: a file with one JSON object a line, the oldest first, which a person may read and delete.
public struct SessionHistory: Sendable {
    /// When the file grows beyond, all but its newest half is forgotten. Some thousand sessions.
    static let maximumBytes = 1 << 20

    let path: String

    /// `history.jsonl` in the state directory.
    public init() { self.init(path: StateDirectory.path() + "/history.jsonl") }

    init(path: String) { self.path = path }

    /// The oldest first; lines that cannot be read are left out.
    public var records: [SessionRecord] {
        guard let file = try? LockedFile(reading: path), let lines = try? file.newestLines(upTo: 2 * Self.maximumBytes)
        else { return [] }
        return lines.compactMap { try? JSONDecoder().decode(SessionRecord.self, from: $0) }
    }

    /// Adds a record; readable by its owner alone, whatever the file was before.
    func append(_ record: SessionRecord) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try encoder.encode(record)
        try StateDirectory.makeFolder(of: path)
        let file = try LockedFile(writing: path)
        try file.append(line: line)
        if try file.size > UInt64(Self.maximumBytes) { try file.keep(file.newestLines(upTo: Self.maximumBytes / 2)) }
    }
}
