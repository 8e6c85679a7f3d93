import CSodium

/// An ordered, authenticated and encrypted pair of streams between helper and sharer, through the relay.
///
/// ChaCha20-Poly1305 (RFC 8439) with one key per direction, both derived from CPace's key. The nonce is
/// the numbers of the epoch and of the message in it: what was replayed, reordered, altered or follows
/// something lost does not open, and a box that does not open changes nothing.
///
/// A direction begins in epoch 0. Its sender begins another one when what it said before may be lost, and tells the
/// number beside each box; its reader follows to a later one with the first box of it, and never goes back. So no
/// nonce is used twice, and what is lost costs no more than itself.
public struct SealedChannel: Sendable {
    public enum Side: String, Sendable { case helper, sharer }

    /// The box is not the next one of the peer.
    public struct Refused: Error, Hashable, Sendable {}

    /// The most a sealed message may hold, in bytes: a box in base64 fits an opaque payload with room to spare.
    public static let maximumPlaintext = 8192
    /// What Poly1305 adds, in bytes.
    static let overhead = 16

    private struct Direction: Sendable {
        let key: Secret
        var epoch: UInt32 = 0
        var counter: UInt64 = 0

        /// Both numbers, big endian.
        var nonce: [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: epoch >> (24 - 8 * $0)) }
                + (0..<8).map { UInt8(truncatingIfNeeded: counter >> (56 - 8 * $0)) }
        }
    }

    /// Follows from the key as well, and belongs to no direction: what a proof of who speaks is bound to.
    let binding: Secret
    private var outgoing: Direction
    private var incoming: Direction

    /// - Parameter sessionKey: CPace's ISK, confirmed by both.
    public init(sessionKey: Secret, side: Side) {
        let helper = Direction(key: Digest.derivedKey(from: sessionKey, label: "ra-rendezvous/1 helper to sharer"))
        let sharer = Direction(key: Digest.derivedKey(from: sessionKey, label: "ra-rendezvous/1 sharer to helper"))
        (outgoing, incoming) = side == .helper ? (helper, sharer) : (sharer, helper)
        binding = Digest.derivedKey(from: sessionKey, label: "ra-rendezvous/1 binding")
    }

    /// The epoch of what is sealed from now on.
    public var epoch: UInt32 { outgoing.epoch }

    /// What was sealed before may be lost: the peer is to open what follows without it.
    public mutating func beginEpoch() {
        // Who has begun four thousand million has the last one left, in which nothing may be lost.
        guard outgoing.epoch < .max else { return }
        outgoing.epoch += 1
        outgoing.counter = 0
    }

    public mutating func seal(_ plaintext: [UInt8]) -> [UInt8] {
        precondition(plaintext.count <= Self.maximumPlaintext, "the caller keeps payloads small")
        var box = [UInt8](repeating: 0, count: plaintext.count + Self.overhead)
        crypto_aead_chacha20poly1305_ietf_encrypt(
            &box, nil, plaintext, UInt64(plaintext.count), nil, 0, nil, outgoing.nonce, outgoing.key.exposed)
        outgoing.counter += 1  // 2^64 messages do not happen
        return box
    }

    /// - Parameter epoch: what its sender says; a false number opens nothing.
    public mutating func open(_ box: [UInt8], of epoch: UInt32 = 0) throws(Refused) -> [UInt8] {
        guard box.count >= Self.overhead, box.count <= Self.maximumPlaintext + Self.overhead else { throw Refused() }
        var direction = incoming
        guard epoch >= direction.epoch else { throw Refused() }
        if epoch > direction.epoch { (direction.epoch, direction.counter) = (epoch, 0) }
        var plaintext = [UInt8](repeating: 0, count: box.count - Self.overhead)
        let status = crypto_aead_chacha20poly1305_ietf_decrypt(
            &plaintext, nil, nil, box, UInt64(box.count), nil, 0, direction.nonce, direction.key.exposed)
        guard status == 0 else { throw Refused() }
        direction.counter += 1
        incoming = direction
        return plaintext
    }
}
