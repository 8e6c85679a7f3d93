public import STUN

/// Who may allocate: users with a password each, and whoever holds a time-limited credential of a shared secret.
public struct UserDirectory: Sendable {
    /// An account that requests are made in the name of.
    public struct Account: Sendable {
        /// What quotas count by: the name, for time-limited credentials without the expiry.
        public let user: String
        public let key: IntegrityKey
    }

    private let passwords: [String: String]
    private let secrets: [String]

    /// - Parameters:
    ///   - passwords: by user name.
    ///   - secrets: any of them may have signed a time-limited credential; the first mints new ones.
    public init(passwords: [String: String] = [:], secrets: [String] = []) {
        self.passwords = passwords
        self.secrets = secrets
    }

    /// The accounts that a user name may stand for now, none when it is unknown or its time is over.
    /// There are several only while secrets are being changed.
    ///
    /// - Parameter wallClock: seconds since 1970.
    public func accounts(
        for username: String, realm: String, hash: PasswordHash = .md5, wallClock: Int64
    ) -> [Account] {
        func key(_ password: String) -> IntegrityKey {
            .longTerm(username: username, realm: realm, password: password, hash: hash)
        }
        if let password = passwords[username] { return [Account(user: username, key: key(password))] }
        guard let (expiry, user) = TimeLimitedCredential.parse(username), expiry > wallClock else { return [] }
        return secrets.map { secret in
            Account(user: user, key: key(TimeLimitedCredential.password(for: username, secret: secret)))
        }
    }

    /// The names of the users with a password of their own, by what USERHASH says of each.
    func namesByHash(realm: String) -> [Userhash: String] {
        Dictionary(passwords.keys.map { (Userhash(username: $0, realm: realm), $0) }) { first, _ in first }
    }
}

extension UserDirectory: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(passwords.count) users, \(secrets.count) secrets <redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
