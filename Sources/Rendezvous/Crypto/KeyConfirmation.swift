/// The two tags by which the parties of a CPace run prove that they hold the same key
/// (draft-irtf-cfrg-cpace, "Key confirmation"): a MAC over each party's own message.
struct KeyConfirmation: Sendable {
    private let macKey: Secret

    init(sessionKey: Secret, session: [UInt8]) {
        macKey = Secret(Digest.sha512(Array("CPaceMac".utf8) + session + sessionKey.exposed))
    }

    /// HMAC-SHA-512, 64 bytes.
    func tag(over message: CPace.Message) -> Secret {
        Secret(Digest.hmacSHA512(key: macKey, message: message.encoded))
    }
}
