import CSodium

/// A box that one person alone can open: X25519 and XSalsa20-Poly1305 as libsodium's `crypto_box_seal` makes it.
///
/// The keys are the Ed25519 ones, on the other form of their curve (RFC 7748 §4.1). The throw-away key comes from `random`, so that
/// a test makes the same box twice.
enum SealedBox {
    /// What a box adds, in bytes: the throw-away public key, and Poly1305's tag.
    static let overhead = Int(crypto_box_PUBLICKEYBYTES + crypto_box_MACBYTES)

    /// Nil when the recipient's key is no point of the curve that a secret could be shared with.
    static func seal(
        _ plaintext: [UInt8], to recipient: PersonKey, using random: inout some RandomNumberGenerator
    ) -> [UInt8]? {
        var theirs = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
        guard crypto_sign_ed25519_pk_to_curve25519(&theirs, recipient.bytes) == 0 else { return nil }
        var ours = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
        var secret = [UInt8](repeating: 0, count: Int(crypto_box_SECRETKEYBYTES))
        let seed = Secret.random(count: Int(crypto_box_SEEDBYTES), using: &random)
        crypto_box_seed_keypair(&ours, &secret, seed.exposed)
        // As in crypto_box_seal: the nonce is the BLAKE2b digest of both public keys.
        var nonce = [UInt8](repeating: 0, count: Int(crypto_box_NONCEBYTES))
        let keys = ours + theirs
        crypto_generichash(&nonce, nonce.count, keys, UInt64(keys.count), nil, 0)
        var box = [UInt8](repeating: 0, count: plaintext.count + Int(crypto_box_MACBYTES))
        guard crypto_box_easy(&box, plaintext, UInt64(plaintext.count), nonce, theirs, secret) == 0 else { return nil }
        return ours + box
    }

    /// Nil for what is no box for this person.
    static func open(_ box: [UInt8], key: PersonKey, secretKey: Secret) -> [UInt8]? {
        guard box.count >= overhead else { return nil }
        var ours = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
        var secret = [UInt8](repeating: 0, count: Int(crypto_box_SECRETKEYBYTES))
        guard crypto_sign_ed25519_pk_to_curve25519(&ours, key.bytes) == 0,
            crypto_sign_ed25519_sk_to_curve25519(&secret, secretKey.exposed) == 0
        else { return nil }
        var plaintext = [UInt8](repeating: 0, count: box.count - overhead)
        guard crypto_box_seal_open(&plaintext, box, UInt64(box.count), ours, secret) == 0 else { return nil }
        return plaintext
    }
}
