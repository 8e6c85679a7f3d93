import CSodium

/// What proves, on another connection, that a client is the one that had a seat in a meeting.
///
/// An Ed25519 key (RFC 8032) that the client makes for one seat. The relay gets the public half while the first connection
/// lasts, so what it keeps, and what anybody hears on the way, makes no proof. A proof is good once: each has a number, and
/// the relay takes none that is not higher than the last.
struct SeatKey: Sendable {
    /// Bytes of a public key.
    static let size = Int(crypto_sign_PUBLICKEYBYTES)
    /// Bytes of a proof.
    static let proofSize = Int(crypto_sign_BYTES)

    let publicKey: [UInt8]
    private let secretKey: Secret

    init(using random: inout some RandomNumberGenerator) {
        self.init(seed: .random(count: Int(crypto_sign_SEEDBYTES), using: &random))
    }

    init(seed: Secret) {
        precondition(seed.count == Int(crypto_sign_SEEDBYTES), "Ed25519 takes a seed of 32 bytes")
        var publicKey = [UInt8](repeating: 0, count: Self.size)
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        crypto_sign_seed_keypair(&publicKey, &secretKey, seed.exposed)
        self.publicKey = publicKey
        self.secretKey = Secret(secretKey)
    }

    func proof(of side: SealedChannel.Side, in meeting: MeetingID, number: UInt32) -> [UInt8] {
        let statement = Self.statement(side, meeting, number)
        var proof = [UInt8](repeating: 0, count: Self.proofSize)
        crypto_sign_detached(&proof, nil, statement, UInt64(statement.count), secretKey.exposed)
        return proof
    }

    /// Whether `proof` was made with the key whose public half this is.
    static func verifies(
        _ proof: [UInt8], by publicKey: [UInt8], of side: SealedChannel.Side, in meeting: MeetingID, number: UInt32
    ) -> Bool {
        guard proof.count == proofSize, publicKey.count == size else { return false }
        let statement = statement(side, meeting, number)
        return crypto_sign_verify_detached(proof, statement, UInt64(statement.count), publicKey) == 0
    }

    /// What is signed; nothing else is, with this key.
    private static func statement(_ side: SealedChannel.Side, _ meeting: MeetingID, _ number: UInt32) -> [UInt8] {
        CPace.lvCat(
            Array("ra-rendezvous/1 rejoin".utf8), Array(side.rawValue.utf8), meeting.bytes,
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) })
    }
}
