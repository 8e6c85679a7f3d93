import STUN

/// A username fragment and a password: what authenticates checks (RFC 8445 §5.3).
public struct Credentials: Sendable, Hashable {
    /// 4 to 256 ice-chars.
    public let usernameFragment: String
    /// 22 to 256 ice-chars.
    public let password: String

    /// Credentials as a peer sent them; nil when they are not RFC 8839 §5.4's.
    public init?(usernameFragment: String, password: String) {
        guard (4...256).contains(usernameFragment.utf8.count), (22...256).contains(password.utf8.count),
            usernameFragment.utf8.allSatisfy(Self.alphabet.contains), password.utf8.allSatisfy(Self.alphabet.contains)
        else { return nil }
        self.usernameFragment = usernameFragment
        self.password = password
    }

    /// Fresh ones: 48 and 144 bits, where RFC 8445 §5.3 asks for at least 24 and 128.
    public init(using random: inout some RandomNumberGenerator) {
        usernameFragment = Self.text(count: 8, using: &random)
        password = Self.text(count: 24, using: &random)
    }

    /// RFC 8839 §5.1's ice-char.
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func text(count: Int, using random: inout some RandomNumberGenerator) -> String {
        let octets = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        return String(decoding: octets, as: UTF8.self)
    }

    var key: IntegrityKey { .shortTerm(password: password) }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(usernameFragment):<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["usernameFragment": usernameFragment]) }
}
