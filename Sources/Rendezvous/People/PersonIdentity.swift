import CSodium

/// Who a person is, to their contacts: an Ed25519 key pair (RFC 8032) that never leaves their machine.
public struct PersonIdentity: Sendable {
    /// Bytes of the seed that all of it follows from, and that is kept.
    public static let seedSize = Int(crypto_sign_SEEDBYTES)

    public let key: PersonKey
    /// What a file that its owner alone can read keeps.
    public let seed: Secret
    private let secretKey: Secret

    public init(using random: inout some RandomNumberGenerator) {
        self.init(seed: .random(count: Self.seedSize, using: &random))
    }

    /// - Precondition: 32 bytes.
    public init(seed: Secret) {
        precondition(seed.count == Self.seedSize, "Ed25519 takes a seed of 32 bytes")
        var publicKey = [UInt8](repeating: 0, count: PersonKey.size)
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        crypto_sign_seed_keypair(&publicKey, &secretKey, seed.exposed)
        guard let key = PersonKey(publicKey) else { preconditionFailure("libsodium's keys have their size") }
        self.key = key
        self.seed = seed
        self.secretKey = Secret(secretKey)
    }

    /// An Ed25519 signature; a statement begins with what it is for, so that none can be taken for another.
    func signature(of statement: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, statement, UInt64(statement.count), secretKey.exposed)
        return signature
    }

    /// What is in a `SealedBox` for this person; nil for what is none.
    func open(_ box: [UInt8]) -> [UInt8]? { SealedBox.open(box, key: key, secretKey: secretKey) }
}
