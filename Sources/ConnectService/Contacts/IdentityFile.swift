import Foundation
import Glibc
public import Rendezvous

/// The file that holds who this person is to their contacts: the seed of their key, which leaves this computer never.
///
/// Whoever reads it can pass for them, and whoever loses it is a stranger to all contacts: it is made once, and nothing replaces it.
public struct IdentityFile: Sendable {
    /// The file cannot be used; the sentence says what to do.
    public struct Unusable: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    private struct Fields: Codable {
        var version: Int
        /// The seed in base64 (RFC 4648 §4).
        var seed: String
    }

    private static let version = 1
    private static let maximumBytes = 4096

    let path: String

    /// `identity.json` in the state directory.
    public init() { self.init(path: StateDirectory.path() + "/identity.json") }

    init(path: String) { self.path = path }

    /// Nil when there is none yet.
    public func load() throws -> PersonIdentity? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw unusable("cannot be opened: \(POSIXError.latest.localizedDescription)")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw unusable("is no plain file") }
        guard status.st_mode & 0o077 == 0 else {
            throw unusable("can be read by others; “chmod 600 \(path)” makes it yours alone")
        }
        guard let data = try? handle.read(upToCount: Self.maximumBytes) ?? Data(),
            let fields = try? JSONDecoder().decode(Fields.self, from: data), fields.version == Self.version,
            let seed = Data(base64Encoded: fields.seed), seed.count == PersonIdentity.seedSize
        else { throw unusable("does not hold an identity; get it back from a copy, or move it away to begin anew as a stranger to all contacts") }
        return PersonIdentity(seed: Secret(seed))
    }

    /// Makes one when there is none yet; of programs that do so at once one makes it, and the others take it.
    public func loadOrMake() throws -> PersonIdentity {
        if let identity = try load() { return identity }
        try StateDirectory.makeFolder(of: path)
        return try withExtendedLifetime(LockedFile(writing: path + ".lock")) {
            if let identity = try load() { return identity }
            var random = SystemRandomNumberGenerator()
            let identity = PersonIdentity(using: &random)
            let fields = Fields(version: Self.version, seed: Data(identity.seed.exposed).base64EncodedString())
            try PrivateFile.write(JSONEncoder().encode(fields) + Data("\n".utf8), to: path)
            return identity
        }
    }

    private func unusable(_ what: String) -> Unusable { Unusable(description: "Your identity, \(path), \(what).") }
}
