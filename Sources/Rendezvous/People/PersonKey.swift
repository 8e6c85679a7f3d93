import CSodium

/// The public half of a person's identity: an Ed25519 key (RFC 8032). Who holds the other half is that person, whatever a relay says.
public struct PersonKey: Hashable, Sendable {
    /// 32.
    public static let size = Int(crypto_sign_PUBLICKEYBYTES)

    public let bytes: [UInt8]

    /// Nil for another number of bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    /// Reads base64 without padding, with `-` and `_` (RFC 4648 §5); nil for what is no key.
    public init?(_ text: String) {
        guard let bytes = Base64URL.decode(text) else { return nil }
        self.init(bytes)
    }

    /// As `init(_ text:)` reads it.
    public var text: String { Base64URL.encode(bytes) }

    /// What two people compare by telephone: `KeyFingerprint`'s text.
    public var fingerprint: String { KeyFingerprint(self).text }

    func verifies(_ signature: [UInt8], of statement: [UInt8]) -> Bool {
        signature.count == Int(crypto_sign_BYTES)
            && crypto_sign_verify_detached(signature, statement, UInt64(statement.count), bytes) == 0
    }
}
