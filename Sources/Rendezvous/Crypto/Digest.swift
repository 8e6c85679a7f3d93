import CSodium

/// The hash functions and message authentication codes this room uses, over whole byte arrays.
enum Digest {
    static func sha512(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 64)
        crypto_hash_sha512(&digest, message, UInt64(message.count))
        return digest
    }

    static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        crypto_hash_sha256(&digest, message, UInt64(message.count))
        return digest
    }

    /// HMAC-SHA-512 (RFC 2104) with a key of any length.
    static func hmacSHA512(key: Secret, message: [UInt8]) -> [UInt8] {
        var state = crypto_auth_hmacsha512_state()
        var tag = [UInt8](repeating: 0, count: 64)
        crypto_auth_hmacsha512_init(&state, key.exposed, key.count)
        crypto_auth_hmacsha512_update(&state, message, UInt64(message.count))
        crypto_auth_hmacsha512_final(&state, &tag)
        return tag
    }

    /// 32 bytes of BLAKE2b (RFC 7693) under `key`, which has 16 to 64 bytes: one key derived for `label`.
    static func derivedKey(from key: Secret, label: String) -> Secret {
        precondition((16...64).contains(key.count), "BLAKE2b takes a key of at most 64 bytes")
        var derived = [UInt8](repeating: 0, count: 32)
        let text = Array(label.utf8)
        crypto_generichash(&derived, derived.count, text, UInt64(text.count), key.exposed, key.count)
        return Secret(derived)
    }
}
