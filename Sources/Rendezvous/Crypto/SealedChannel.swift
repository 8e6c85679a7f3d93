import CSodium

/// An ordered, authenticated and encrypted pair of streams between helper and sharer, through the relay.
///
/// ChaCha20-Poly1305 (RFC 8439) with one key per direction, both derived from CPace's key. The nonce is
/// the number of the message and never travels: what was replayed, reordered, altered or follows
/// something lost does not open, and a box that does not open changes nothing.
public struct SealedChannel: Sendable {
    public enum Side: Sendable { case helper, sharer }

    /// The box is not the next one of the peer.
    public struct Refused: Error, Hashable, Sendable {}

    /// The most a sealed message may hold, in bytes: a box in base64 fits an opaque payload with room to spare.
    public static let maximumPlaintext = 8192
    /// What Poly1305 adds, in bytes.
    static let overhead = 16

    private struct Direction: Sendable {
        let key: Secret
        var counter: UInt64 = 0

        var nonce: [UInt8] { [0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: counter >> (56 - 8 * $0)) } }
    }

    private var outgoing: Direction
    private var incoming: Direction

    /// - Parameter sessionKey: CPace's ISK, confirmed by both.
    public init(sessionKey: Secret, side: Side) {
        let helper = Direction(key: Digest.derivedKey(from: sessionKey, label: "ra-rendezvous/1 helper to sharer"))
        let sharer = Direction(key: Digest.derivedKey(from: sessionKey, label: "ra-rendezvous/1 sharer to helper"))
        (outgoing, incoming) = side == .helper ? (helper, sharer) : (sharer, helper)
    }

    public mutating func seal(_ plaintext: [UInt8]) -> [UInt8] {
        precondition(plaintext.count <= Self.maximumPlaintext, "the caller keeps payloads small")
        var box = [UInt8](repeating: 0, count: plaintext.count + Self.overhead)
        crypto_aead_chacha20poly1305_ietf_encrypt(
            &box, nil, plaintext, UInt64(plaintext.count), nil, 0, nil, outgoing.nonce, outgoing.key.exposed)
        outgoing.counter += 1  // 2^64 messages do not happen
        return box
    }

    public mutating func open(_ box: [UInt8]) throws(Refused) -> [UInt8] {
        guard box.count >= Self.overhead, box.count <= Self.maximumPlaintext + Self.overhead else { throw Refused() }
        var plaintext = [UInt8](repeating: 0, count: box.count - Self.overhead)
        let status = crypto_aead_chacha20poly1305_ietf_decrypt(
            &plaintext, nil, nil, box, UInt64(box.count), nil, 0, incoming.nonce, incoming.key.exposed)
        guard status == 0 else { throw Refused() }
        incoming.counter += 1
        return plaintext
    }
}
