import Foundation

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
        // What counts is the file, not a link to it, which has no rights of its own.
        let place = URL(fileURLWithPath: file).resolvingSymlinksInPath()
        let mode = (try? FileManager.default.attributesOfItem(atPath: place.path))?[.posixPermissions] as? NSNumber
        if let mode, mode.intValue & 0o077 != 0 {
            throw Unusable(description: "\(file) can be read by others; “chmod 600 \(file)” makes it yours alone.")
        }
        guard mode != nil, let data = try? FileHandle(forReadingFrom: place).read(upToCount: longest) else {
            throw Unusable(description: "\(file), which \(origin) names, cannot be read.")
        }
        let line = String(decoding: data.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        guard !line.isEmpty else { throw Unusable(description: "\(file) gives no password.") }
        return line
    }
}
