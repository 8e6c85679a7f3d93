public import Foundation

/// Where a relay keeps what must outlive it: its secret and its invitations, as far as no database does. Readable by its owner alone.
public struct StateDirectory: Sendable {
    public let path: String

    /// Finds the directory by the rules of DESIGN and makes it, mode 0700.
    public init(configured: String?, environment: [String: String] = ProcessInfo.processInfo.environment)
        throws(ConfigurationError)
    {
        path = try Self.locate(configured: configured, environment: environment)
        try Self.prepare(path)
    }

    /// One that is not made when it is not there.
    init(existing path: String) { self.path = path }

    /// Where the directory is, whether it is there or not.
    public static func locate(
        configured: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationError) -> String {
        // A fleet's database holds what the nodes share; each has a directory besides.
        if let configured, !PostgresURL.namesDatabase(configured) { return configured }
        if let systemd = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return String(systemd) }
        if let base = environment["XDG_STATE_HOME"], !base.isEmpty { return base + "/ra-relay" }
        if let home = environment["HOME"], !home.isEmpty { return home + "/.local/state/ra-relay" }
        throw ConfigurationError("There is no home directory to keep the state in: give --state DIR.")
    }

    /// Makes the directory for its owner alone; one that is there already must be so, for it is not ours to change.
    private static func prepare(_ path: String) throws(ConfigurationError) {
        let manager = FileManager.default
        if let mode = try? manager.attributesOfItem(atPath: path)[.posixPermissions] as? Int {
            guard mode & 0o077 == 0 else {
                throw ConfigurationError("\(path) is open to others: chmod 700 it, or name another directory with --state.")
            }
            return
        }
        do {
            try manager.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ConfigurationError("The state directory \(path) cannot be made: \(error.localizedDescription) Name another with --state.")
        }
    }

    /// The file of the embedded store.
    public var databasePath: String { path + "/ra-relay.sqlite" }

    /// The certificate that the relay has made for itself, and its key.
    var certificatePath: String { path + "/tls-certificate.pem" }
    var certificateKeyPath: String { path + "/tls-key.pem" }

    /// Writes a file as a whole or not at all, created with its mode, so that at no moment anybody else can read it.
    func write(_ text: String, to file: String) throws(ConfigurationError) {
        let temporary = file + ".part"
        try? FileManager.default.removeItem(atPath: temporary)
        guard FileManager.default.createFile(
            atPath: temporary, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            rename(temporary, file) == 0
        else { throw ConfigurationError("\(file) cannot be written.") }
    }

    /// Where a running relay is asked for its status.
    var statusSocketPath: String { Self.statusSocketPath(in: path) }

    static func statusSocketPath(in path: String) -> String { path + "/status.sock" }

    /// The secret of a relay that has been started; never made here, for a new one would be no relay's.
    public func existingSecret() throws(ConfigurationError) -> String {
        guard FileManager.default.fileExists(atPath: secretPath) else {
            throw ConfigurationError("There is no secret in \(path) that you may read: name the file or the state directory of a relay that has been started, as root, with --config FILE or --state DIR.")
        }
        return try secret()
    }

    private var secretPath: String { path + "/auth-secret" }

    /// The secret that time-limited credentials are made with; made at the first start: 32 bytes in hexadecimal.
    public func secret() throws(ConfigurationError) -> String {
        let file = secretPath
        if let data = FileManager.default.contents(atPath: file) {
            let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard text.utf8.count >= 32 else {
                throw ConfigurationError("The secret in \(file) is damaged: remove the file, and a new one is made.")
            }
            return text
        }
        let text = Self.newSecret()
        try write(text + "\n", to: file)
        return text
    }

    /// 32 bytes in hexadecimal.
    static func newSecret() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<32).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &random)
            return String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
    }
}
