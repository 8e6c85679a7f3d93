import DTLS
import Foundation
import Glibc

/// The keys of relays that vouch for themselves, as they were at the first meeting: one line each, `host:port`, then
/// the SHA-256 digest of the public key. As with `known_hosts` of ssh, a person may read it and remove lines.
struct KnownRelays: Sendable {
    /// What a lifetime of meetings leaves behind fits many times over; more is not read.
    private static let maximumBytes = 1 << 20

    let path: String

    /// `~/.local/state/ra-connect/known-relays`, or where `$XDG_STATE_HOME` says.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.init(path: StateDirectory.path(environment: environment) + "/known-relays")
    }

    init(path: String) { self.path = path }

    /// The key that a relay had; nil when it has never been met.
    func key(of relay: String) -> Fingerprint? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        let text = String(decoding: (try? handle.read(upToCount: Self.maximumBytes)) ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == relay, let key = Fingerprint(String(words[1])) else { continue }
            return key
        }
        return nil
    }

    /// Adds a relay that has no line yet; readable by its owner alone.
    func remember(_ key: Fingerprint, of relay: String) throws {
        try StateDirectory.makeFolder(of: path)
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        // One write is one line, also when two programs meet two relays at once.
        let line = Array("\(relay) \(key)\n".utf8)
        guard write(descriptor, line, line.count) == line.count else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }
}
