/// The functions of CPace (draft-irtf-cfrg-cpace) over ristretto255 and SHA-512, named as the draft names them.
public enum CPace {
    /// The domain separation identifier `G_Ristretto255.DSI`.
    public static let dsi = Array("CPaceRistretto255".utf8)

    /// The input block of SHA-512 in bytes, `H.s_in_bytes`.
    static let hashBlockSize = 128

    /// `prepend_len`: the string behind its length in LEB128.
    public static func prependLength(_ string: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        var length = string.count
        repeat {
            let low = UInt8(truncatingIfNeeded: length & 0x7F)
            length >>= 7
            encoded.append(length == 0 ? low : low | 0x80)
        } while length != 0
        return encoded + string
    }

    /// `lv_cat`: every string behind its length.
    public static func lvCat(_ strings: [UInt8]...) -> [UInt8] { strings.flatMap(prependLength) }

    /// `generator_string`: the zeros fill the first block, so that hashing takes no longer for a longer password.
    public static func generatorString(password: Secret, channel: [UInt8], session: [UInt8]) -> [UInt8] {
        let prefix = lvCat(dsi, password.exposed)
        let zeros = [UInt8](repeating: 0, count: max(0, hashBlockSize - 1 - prefix.count))
        return prefix + lvCat(zeros, channel, session)
    }

    /// `G.calculate_generator`, encoded.
    public static func generator(password: Secret, channel: [UInt8], session: [UInt8]) -> [UInt8] {
        Ristretto255.element(
            fromUniform: Digest.sha512(generatorString(password: password, channel: channel, session: session)))
    }

    /// One party's message: its public share and the data it authenticates.
    public struct Message: Hashable, Sendable {
        public var share: [UInt8]
        public var associatedData: [UInt8]

        public init(share: [UInt8], associatedData: [UInt8]) {
            self.share = share
            self.associatedData = associatedData
        }

        var encoded: [UInt8] { lvCat(share, associatedData) }
    }

    /// `transcript_ir`: initiator first.
    public static func transcript(initiator: Message, responder: Message) -> [UInt8] {
        initiator.encoded + responder.encoded
    }

    /// `transcript_oc`: the larger message first, for parties without roles.
    public static func transcript(unordered one: Message, _ other: Message) -> [UInt8] {
        let swapped = one.encoded.lexicographicallyPrecedes(other.encoded)
        return Array("oc".utf8) + (swapped ? other.encoded + one.encoded : one.encoded + other.encoded)
    }

    /// `ISK`: the hash of the secret point `K` with everything both parties saw.
    static func sessionKey(point: [UInt8], session: [UInt8], transcript: [UInt8]) -> Secret {
        Secret(Digest.sha512(lvCat(dsi + Array("_ISK".utf8), session, point) + transcript))
    }
}
