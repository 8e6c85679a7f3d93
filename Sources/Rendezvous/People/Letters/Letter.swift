/// A letter from one person to another: signed by its writer, and sealed so that its reader alone can open it.
///
/// `version ‖ writer ‖ time ‖ number ‖ signature ‖ text` in a `SealedBox`: one byte, 32, eight (big endian), 16 random ones, 64, and
/// JSON. The signature is over `lv_cat("ra-contacts/1 letter", writer, reader, kind, reference, time, number, text)`, so a letter is worth nothing to another
/// reader, as a letter of another kind, or in another call: what is said within a call refers to the letter that opened it.
struct Letter: Sendable, Equatable {
    /// What a letter is for: a call, or what is said within one, from which side.
    enum Purpose: Sendable, Hashable {
        case call(CallKind)
        case answer, farewell

        var word: String {
            switch self {
            case .call(let kind): kind.rawValue
            case .answer: "answer"
            case .farewell: "farewell"
            }
        }
    }

    /// Why a letter says nothing.
    enum Failure: Error, Hashable, Sendable {
        /// Not for us, altered, too long, or of another version.
        case sealed
        /// The signature is not its writer's, over this.
        case forged
    }

    /// A letter as it travels, in base64, and what later ones of the call refer to it by.
    struct Sealed: Sendable {
        let payload: String
        let mark: [UInt8]
    }

    private static let version: UInt8 = 1
    /// Bytes of a letter's number: two letters that say the same are still two.
    private static let numberSize = 16
    private static let headerSize = 1 + PersonKey.size + 8 + numberSize + IdentityProof.size

    let writer: PersonKey
    let time: UnixTime
    let text: [UInt8]
    /// What later letters of the call refer to, and what a letter is known again by: SHA-256 of the signature.
    let mark: [UInt8]

    /// Nil when the reader's key is none or the text is too long.
    static func seal(
        _ text: [UInt8], _ purpose: Purpose, about reference: [UInt8] = [], from writer: PersonIdentity, to reader: PersonKey,
        at time: UnixTime, using random: inout some RandomNumberGenerator
    ) -> Sealed? {
        guard text.count <= LetterFields.maximumSize else { return nil }
        let number = Secret.random(count: numberSize, using: &random).exposed
        let statement = statement(text, purpose, about: reference, from: writer.key, to: reader, at: time, number)
        let signature = writer.signature(of: statement)
        let plaintext = [version] + writer.key.bytes + bigEndian(time) + number + signature + text
        guard let box = SealedBox.seal(plaintext, to: reader, using: &random) else { return nil }
        return Sealed(payload: Base64URL.encode(box), mark: Digest.sha256(signature))
    }

    init(
        opening payload: String, _ purpose: Purpose, about reference: [UInt8] = [], as reader: PersonIdentity
    ) throws(Failure) {
        guard payload.utf8.count <= MessageFields.payloadLimit, let box = Base64URL.decode(payload),
            let plaintext = reader.open(box), plaintext.count >= Self.headerSize, plaintext[0] == Self.version,
            plaintext.count <= Self.headerSize + LetterFields.maximumSize, let writer = PersonKey(Array(plaintext[1..<33]))
        else { throw .sealed }
        self.writer = writer
        time = UnixTime(seconds: plaintext[33..<41].reduce(0) { $0 << 8 | UInt64($1) })
        text = Array(plaintext[Self.headerSize...])
        let signature = Array(plaintext[57..<Self.headerSize])
        let statement = Self.statement(text, purpose, about: reference, from: writer, to: reader.key, at: time, Array(plaintext[41..<57]))
        guard writer.verifies(signature, of: statement) else { throw .forged }
        mark = Digest.sha256(signature)
    }

    private static func statement(
        _ text: [UInt8], _ purpose: Purpose, about reference: [UInt8], from writer: PersonKey, to reader: PersonKey,
        at time: UnixTime, _ number: [UInt8]
    ) -> [UInt8] {
        CPace.lvCat(
            Array("ra-contacts/1 letter".utf8), writer.bytes, reader.bytes, Array(purpose.word.utf8), reference, bigEndian(time),
            number, text)
    }

    private static func bigEndian(_ time: UnixTime) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: time.seconds >> (56 - 8 * UInt64($0))) }
    }
}
