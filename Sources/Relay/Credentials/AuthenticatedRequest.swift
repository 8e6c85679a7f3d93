import STUN

/// A request whose sender knows the key of an account and has shown that it receives at its address.
struct AuthenticatedRequest: Sendable {
    let authenticated: AuthenticatedMessage
    /// As the request says or hashes it: what later requests must repeat (RFC 8656 §5).
    let username: String
    /// What quotas count by.
    let user: String
    /// How the key was made.
    let hash: PasswordHash
    /// Whether PASSWORD-ALGORITHM said so, or its absence.
    let namesAlgorithm: Bool
    /// What its nonce offered.
    let offered: SecurityFeatures

    /// What the answer is protected with (RFC 8489 §9.2.4): SHA-256 for who has named an algorithm, and who has not
    /// gets what it used itself.
    var answerAlgorithm: IntegrityAlgorithm { namesAlgorithm ? .sha256 : authenticated.algorithm }

    var message: Message { authenticated.message }
}

/// Why a request is not authenticated (RFC 8489 §9.2.4).
enum AuthenticationFailure: Error, Hashable, Sendable {
    /// 401 or 438, with REALM and a NONCE.
    case challenge(ErrorCode)
    /// 400: it is protected, but does not say by whom.
    case badRequest
    /// The credentials are good, and their user is banned: the answer is that of a user whom nobody knows.
    case banned
}
