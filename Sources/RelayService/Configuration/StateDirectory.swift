public import Foundation

/// Where a relay keeps what must outlive it: its secret and its invitations. Readable by its owner alone.
public struct StateDirectory: Sendable {
    public let path: String

    /// Finds the directory by the rules of DESIGN and makes it, mode 0700.
    public init(configured: String?, environment: [String: String] = ProcessInfo.processInfo.environment)
        throws(ConfigurationError)
    {
        if let configured {
            path = configured
        } else if let systemd = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
            path = String(systemd)
        } else if let base = environment["XDG_STATE_HOME"], !base.isEmpty {
            path = base + "/ra-relay"
        } else if let home = environment["HOME"], !home.isEmpty {
            path = home + "/.local/state/ra-relay"
        } else {
            throw ConfigurationError("There is no home directory to keep the state in: give --state DIR.")
        }
        guard !path.contains("://") else {
            throw ConfigurationError("state: “\(path)” names a database; this version keeps its state in a directory.")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        } catch {
            throw ConfigurationError("The state directory \(path) cannot be made: \(error.localizedDescription)")
        }
    }

    /// The file of the embedded store.
    public var databasePath: String { path + "/ra-relay.sqlite" }

    /// The secret that time-limited credentials are made with; made at the first start: 32 bytes in hexadecimal.
    public func secret() throws(ConfigurationError) -> String {
        let file = path + "/auth-secret"
        if let data = FileManager.default.contents(atPath: file) {
            let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard text.utf8.count >= 32 else {
                throw ConfigurationError("The secret in \(file) is damaged: remove the file, and a new one is made.")
            }
            return text
        }
        var random = SystemRandomNumberGenerator()
        let text = (0..<32).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &random)
            return String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
        // The file is created with its mode, so that at no moment anybody else can read it.
        guard FileManager.default.createFile(
            atPath: file, contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw ConfigurationError("The secret cannot be written to \(file).") }
        return text
    }
}
