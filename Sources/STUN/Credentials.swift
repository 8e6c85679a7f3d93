private import Crypto
private import Foundation

/// The key of MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 (RFC 8489 §9). Prints as `<redacted>`.
public struct IntegrityKey: Sendable {
    let bytes: [UInt8]

    /// The short-term mechanism's key: the password itself (RFC 8489 §9.1.1). ICE uses it.
    public static func shortTerm(password: String) -> IntegrityKey {
        IntegrityKey(bytes: Array(OpaqueString.prepare(password).utf8))
    }

    /// The long-term mechanism's key: a hash of `username:realm:password` (RFC 8489 §9.2.2, §18.5.1).
    public static func longTerm(
        username: String, realm: String, password: String, hash: PasswordHash = .md5
    ) -> IntegrityKey {
        let text = Array(
            "\(OpaqueString.prepare(username)):\(OpaqueString.prepare(realm)):\(OpaqueString.prepare(password))".utf8)
        return switch hash {
        case .md5: IntegrityKey(bytes: Array(Insecure.MD5.hash(data: text)))
        case .sha256: IntegrityKey(bytes: Array(SHA256.hash(data: text)))
        }
    }
}

extension IntegrityKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The OpaqueString profile of RFC 8265 §4.2, which RFC 8489 uses for user names, realms and passwords.
enum OpaqueString {
    /// Non-ASCII spaces become U+0020, then normalization form C. ASCII is left as it is.
    static func prepare(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        let spaced = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .spaceSeparator ? " " : $0 }))
        return spaced.precomposedStringWithCanonicalMapping
    }
}
