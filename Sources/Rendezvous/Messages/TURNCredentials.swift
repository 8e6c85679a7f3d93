/// Time-limited credentials for the relay's TURN server, and where it is.
public struct TURNCredentials: Sendable, Equatable {
    public var username: String
    public var password: Secret
    public var expires: UnixTime
    /// `turn:` and `turns:` URIs (RFC 7065), best first.
    public var uris: [String]

    public init(username: String, password: Secret, expires: UnixTime, uris: [String]) {
        self.username = username
        self.password = password
        self.expires = expires
        self.uris = uris
    }
}

/// The credentials' JSON.
struct TURNFields: Codable {
    var username: String
    var password: String
    var expires: String
    var uris: [String]

    init(_ credentials: TURNCredentials) {
        username = credentials.username
        password = String(decoding: credentials.password.exposed, as: UTF8.self)
        expires = credentials.expires.description
        uris = credentials.uris
    }

    func credentials() throws(MessageError) -> TURNCredentials {
        guard username.utf8.count <= 512, password.utf8.count <= 512, let expires = UnixTime(expires),
            uris.count <= 32, uris.allSatisfy({ PlainText.accepts($0, limit: 512) })
        else { throw .malformed }
        return TURNCredentials(username: username, password: Secret(password.utf8), expires: expires, uris: uris)
    }
}
