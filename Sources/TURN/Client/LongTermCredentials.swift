import STUN

/// A user's name and password, and what the server's challenge added to them (RFC 8489 §9.2).
struct LongTermCredentials: Sendable {
    struct Challenge: Sendable {
        let realm: String
        let nonce: String
        let key: IntegrityKey
        /// How the key is made; nil for a server of RFC 5389, which does not ask.
        let hash: PasswordHash?
        /// Said back as it was said to us.
        let algorithms: PasswordAlgorithms?
        /// Takes the user name's place.
        let userhash: Userhash?

        /// What requests are protected with.
        var integrity: IntegrityAlgorithm { hash == nil ? .sha1 : .sha256 }

        func add(username: String, to builder: inout MessageBuilder) {
            if let userhash { builder.add(userhash) } else { builder.add(Username(username)) }
            builder.add(Realm(realm))
            builder.add(Nonce(nonce))
            if let algorithms { builder.add(algorithms) }
            if let hash { builder.add(PasswordAlgorithm(hash)) }
        }
    }

    /// Why a challenge is not answered.
    enum Refusal: Error, Hashable, Sendable {
        /// REALM or NONCE is not there.
        case incomplete
        /// The nonce promises PASSWORD-ALGORITHMS that are not there, or none that we know is: who answers might be
        /// doing what somebody on the path wants (§9.2.5).
        case unacceptable
    }

    let username: String
    private let password: String
    /// Whether the server may ask for USERHASH.
    private let mayHideUsername: Bool
    /// nil until the server has asked who we are.
    private(set) var challenge: Challenge?

    init(username: String, password: String, mayHideUsername: Bool) {
        self.username = username
        self.password = password
        self.mayHideUsername = mayHideUsername
    }

    /// Takes what a 401 or 438 asks for.
    mutating func accept(_ response: Message) throws(Refusal) {
        guard let nonce = response[Nonce.self]?.text, let realm = response[Realm.self]?.text ?? challenge?.realm
        else { throw .incomplete }
        let features = SecurityFeatures(nonce: nonce) ?? []
        let algorithms = response[PasswordAlgorithms.self]
        let hash = algorithms?.algorithms.lazy.compactMap(PasswordHash.init).first
        guard (hash != nil) == response.contains(.passwordAlgorithms),
            hash != nil || !features.contains(.passwordAlgorithms)
        else { throw .unacceptable }
        let isSameKey = challenge?.realm == realm && challenge?.hash == hash
        challenge = Challenge(
            realm: realm, nonce: nonce,
            key: isSameKey ? challenge?.key ?? key(realm, hash) : key(realm, hash), hash: hash, algorithms: algorithms,
            userhash: mayHideUsername && features.contains(.usernameAnonymity)
                ? Userhash(username: username, realm: realm) : nil)
    }

    private func key(_ realm: String, _ hash: PasswordHash?) -> IntegrityKey {
        .longTerm(username: username, realm: realm, password: password, hash: hash ?? .md5)
    }
}

extension Message {
    /// Whether its nonce promises PASSWORD-ALGORITHMS and they are not there: such a response is nobody's (RFC 8489 §9.2.5).
    var hidesPasswordAlgorithms: Bool {
        guard let features = self[Nonce.self].flatMap({ SecurityFeatures(nonce: $0.text) }) else { return false }
        return features.contains(.passwordAlgorithms) && !contains(.passwordAlgorithms)
    }
}
