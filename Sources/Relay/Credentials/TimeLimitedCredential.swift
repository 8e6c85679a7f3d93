private import Crypto
private import Foundation

/// A TURN user name that carries its own expiry, and a password that a shared secret makes of it:
/// `expiry:user` and base64 of HMAC-SHA1 (draft-uberti-behave-turn-rest-00 §2.2).
public struct TimeLimitedCredential: Hashable, Sendable {
    /// Seconds since 1970, a colon, the user.
    public let username: String
    public let password: String

    /// - Parameter expiry: seconds since 1970.
    public init(user: String, expiry: Int64, secret: String) {
        username = "\(expiry):\(user)"
        password = Self.password(for: username, secret: secret)
    }

    static func password(for username: String, secret: String) -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Array(username.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return Data(code).base64EncodedString()
    }

    /// The two parts of a user name; nil when it does not begin with a number. The draft allows a number alone.
    static func parse(_ username: String) -> (expiry: Int64, user: String)? {
        let parts = username.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let digits = parts.first, !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let expiry = Int64(digits)
        else { return nil }
        return (expiry, parts.count == 2 ? String(parts[1]) : "")
    }
}

extension TimeLimitedCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(username) <redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
