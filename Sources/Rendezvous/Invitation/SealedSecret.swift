import CSodium

/// What one opening of a password costs: Argon2id's passes and its memory (RFC 9106).
public struct PasswordCost: Hashable, Sendable {
    /// Passes over the memory.
    public var passes: Int
    /// Memory in bytes.
    public var memory: Int

    public init(passes: Int, memory: Int) {
        self.passes = passes
        self.memory = memory
    }

    /// libsodium's MODERATE: three passes over 256 MiB, about a second on a desktop.
    public static let moderate = PasswordCost(passes: 3, memory: 256 << 20)
    /// libsodium's INTERACTIVE: two passes over 64 MiB.
    public static let interactive = PasswordCost(passes: 2, memory: 64 << 20)

    /// What a file may ask of its reader: no more than four passes over 512 MiB, nor so little (libsodium's
    /// minimum is one pass over 8 KiB; ours is 1 MiB) that the password can be tried at leisure.
    var isAcceptable: Bool { (1...4).contains(passes) && (1 << 20...512 << 20).contains(memory) }
}

/// A secret under a password: Argon2id makes the key, XChaCha20-Poly1305 the box.
struct SealedSecret: Sendable, Equatable {
    var cost: PasswordCost
    /// 16 bytes, as crypto_pwhash takes them.
    var salt: [UInt8]
    /// 24 bytes.
    var nonce: [UInt8]
    var box: [UInt8]

    static let saltSize = 16
    static let nonceSize = 24

    init(cost: PasswordCost, salt: [UInt8], nonce: [UInt8], box: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.nonce = nonce
        self.box = box
    }

    /// - Parameter context: what the box is bound to without holding it: the file's other fields.
    init(
        sealing secret: Secret, password: String, context: [UInt8], cost: PasswordCost,
        using random: inout some RandomNumberGenerator
    ) throws(InvitationError) {
        precondition(cost.isAcceptable, "nobody would open it")
        let salt = Secret.random(count: Self.saltSize, using: &random).exposed
        let nonce = Secret.random(count: Self.nonceSize, using: &random).exposed
        let key = try Self.key(password: password, salt: salt, cost: cost)
        var box = [UInt8](repeating: 0, count: secret.count + 16)
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            &box, nil, secret.exposed, UInt64(secret.count), context, UInt64(context.count), nil, nonce, key.exposed)
        self.init(cost: cost, salt: salt, nonce: nonce, box: box)
    }

    func open(password: String, context: [UInt8]) throws(InvitationError) -> Secret {
        guard box.count >= 16, box.count <= 256, salt.count == Self.saltSize, nonce.count == Self.nonceSize,
            cost.isAcceptable
        else { throw .malformedFile }
        let key = try Self.key(password: password, salt: salt, cost: cost)
        var plaintext = [UInt8](repeating: 0, count: box.count - 16)
        let status = crypto_aead_xchacha20poly1305_ietf_decrypt(
            &plaintext, nil, nil, box, UInt64(box.count), context, UInt64(context.count), nonce, key.exposed)
        guard status == 0 else { throw .wrongPassword }
        return Secret(plaintext)
    }

    private static func key(password: String, salt: [UInt8], cost: PasswordCost) throws(InvitationError) -> Secret {
        var key = [UInt8](repeating: 0, count: 32)
        let typed = password.utf8.map { CChar(bitPattern: $0) }
        let argon2id13: Int32 = 2  // crypto_pwhash_ALG_ARGON2ID13
        let status = crypto_pwhash(
            &key, UInt64(key.count), typed, UInt64(typed.count), salt, UInt64(cost.passes), cost.memory, argon2id13)
        guard status == 0 else { throw .outOfMemory }
        return Secret(key)
    }
}
