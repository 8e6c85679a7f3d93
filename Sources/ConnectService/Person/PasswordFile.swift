import Foundation
import Glibc

/// A password in a file that nobody else can read: its first line.
public enum PasswordFile {
    /// There is none, or others can read it; the sentence says what to do.
    public struct Unusable: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Bytes of the longest one.
    private static let longest = 4096

    /// - Parameter origin: who names the file, for sentences.
    public static func read(_ file: String, namedBy origin: String) throws(Unusable) -> String {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: descriptor >= 0)
        // The rights of the very file that is open: its name may be a link's, or mean another one by now.
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw Unusable(description: "\(file), which \(origin) names, cannot be read.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Unusable(description: "\(file) can be read by others; “chmod 600 \(file)” makes it yours alone.")
        }
        guard let data = try? handle.read(upToCount: longest) ?? Data() else {
            throw Unusable(description: "\(file), which \(origin) names, cannot be read.")
        }
        return try firstLine(of: data, from: file)
    }

    /// A password ends where its line does.
    static func firstLine(of bytes: some Collection<UInt8>, from source: String) throws(Unusable) -> String {
        guard let line = String(validating: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self) else {
            throw Unusable(description: "The password that \(source) gives is not UTF-8.")
        }
        guard !line.isEmpty else { throw Unusable(description: "\(source) gives no password.") }
        return line
    }
}
