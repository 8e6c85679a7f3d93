import Foundation
import Glibc
import Synchronization

/// A folder that nobody else can read, for what another program is given in a file; it goes with the value, or with the process:
/// whoever presses Ctrl-C twice leaves no invitation behind.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() throws {
        let environment = ProcessInfo.processInfo.environment
        // What is under XDG_RUNTIME_DIR is in memory, and the person's own.
        let base = environment["XDG_RUNTIME_DIR"].flatMap { access($0, W_OK) == 0 ? $0 : nil } ?? environment["TMPDIR"] ?? "/tmp"
        var template = Array("\(base)/ra-connect-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Self.clearAtExit
        Self.standing.withLock { _ = $0.insert(path) }
    }

    /// Writes a file for the owner alone.
    public func write(_ contents: [UInt8], as name: String) throws -> String {
        let file = "\(path)/\(name)"
        guard FileManager.default.createFile(atPath: file, contents: Data(contents), attributes: [.posixPermissions: 0o600]) else {
            throw CocoaError(.fileWriteUnknown)
        }
        return file
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        Self.standing.withLock { _ = $0.remove(path) }
    }

    /// Those that are there.
    private static let standing = Mutex<Set<String>>([])

    /// Once for the process.
    private static let clearAtExit: Void = {
        atexit {
            for path in TemporaryFolder.standing.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        }
    }()
}
