/// Every field a message of the contacts can have; which ones it must have is its type's matter.
struct ContactFields: Codable {
    /// The only version of the protocol.
    static let currentVersion = 1
    /// The most a message may have, in bytes: an allow-list of 500 keys in base64, and the fields around it.
    static let maximumSize = 24 * 1024

    var type: String
    var version: Int?
    var key: String?
    var nonce: String?
    var proof: String?
    var name: String?
    var allow: String?
    var strangers: Bool?
    var here: Bool?
    var call: String?
    var to: String?
    var from: String?
    var kind: String?
    var payload: String?
    var url: String?
    var code: String?
    var of: String?

    init(_ type: String) { self.type = type }

    func requireVersion() throws(MessageError) {
        guard let version else { throw .malformed }
        guard version == Self.currentVersion else { throw .unsupportedVersion }
    }

    func requireKey() throws(MessageError) -> PersonKey { try key.flatMap { PersonKey($0) }.orMalformed() }

    func requireSender() throws(MessageError) -> PersonKey { try from.flatMap { PersonKey($0) }.orMalformed() }

    func requireNonce() throws(MessageError) -> [UInt8] {
        try nonce.flatMap { Base64URL.decode($0) }.flatMap { $0.count == IdentityProof.nonceSize ? $0 : nil }.orMalformed()
    }

    func requireProof() throws(MessageError) -> [UInt8] {
        try proof.flatMap { Base64URL.decode($0) }.flatMap { $0.count == IdentityProof.size ? $0 : nil }.orMalformed()
    }

    func requireName() throws(MessageError) -> PersonName { try name.flatMap { PersonName($0) }.orMalformed() }

    func requireRecipient() throws(MessageError) -> PersonName { try to.flatMap { PersonName($0) }.orMalformed() }

    func requireAllow() throws(MessageError) -> AllowList { try allow.flatMap { AllowList(text: $0) }.orMalformed() }

    func requireStrangers() throws(MessageError) -> Bool { try strangers.orMalformed() }

    func requireHere() throws(MessageError) -> Bool { try here.orMalformed() }

    func requireCall() throws(MessageError) -> CallID { try call.flatMap { CallID($0) }.orMalformed() }

    func requireKind() throws(MessageError) -> CallKind { try kind.flatMap { CallKind(rawValue: $0) }.orMalformed() }

    /// Printable ASCII, so that what one side sends is what the other side gets.
    func requirePayload() throws(MessageError) -> String { try payloadIfGiven().orMalformed() }

    /// Nil where there is none; one that is no payload is malformed.
    func payloadIfGiven() throws(MessageError) -> String? {
        guard let payload else { return nil }
        guard payload.utf8.count <= MessageFields.payloadLimit, payload.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .malformed
        }
        return payload
    }

    func requireURL() throws(MessageError) -> RelayURL { try url.flatMap { RelayURL($0) }.orMalformed() }
}
