import Foundation
import Rendezvous

/// An invitation on paper: its file on disk.
public enum InvitationPaper {
    /// Bytes of the largest file that is read.
    private static let maximumBytes = 64 * 1024

    /// Writes the file, readable by its owner alone: whoever reads it can use it.
    static func save(_ file: InvitationFile, to path: String) throws {
        try PrivateFile.write(file.exposedContents, to: path)
    }

    /// What a person gave on the command line: the contents of the file of that name if there is one, else the text itself.
    public static func text(of argument: String) throws -> String {
        try contents(of: argument).map { String(decoding: $0, as: UTF8.self) } ?? argument
    }

    /// The bytes of the file of that name; nil when there is none.
    public static func contents(of argument: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: argument) else { return nil }
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: argument))
        defer { try? handle.close() }
        return Array(try handle.read(upToCount: maximumBytes) ?? Data())
    }
}
