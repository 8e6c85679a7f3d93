import STUN

/// A user's name and password, and what the server's challenge added to them (RFC 8489 §9.2).
struct LongTermCredentials: Sendable {
    struct Challenge: Sendable {
        var realm: String
        var nonce: String
        var key: IntegrityKey
    }

    let username: String
    private let password: String
    /// nil until the server has asked who we are.
    private(set) var challenge: Challenge?

    init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// Takes REALM and NONCE of a 401 or 438; false when they are not there.
    mutating func accept(_ response: Message) -> Bool {
        guard let nonce = response[Nonce.self]?.text, let realm = response[Realm.self]?.text ?? challenge?.realm
        else { return false }
        if challenge?.realm == realm {
            challenge?.nonce = nonce
        } else {
            let key = IntegrityKey.longTerm(username: username, realm: realm, password: password)
            challenge = Challenge(realm: realm, nonce: nonce, key: key)
        }
        return true
    }
}
