/// Every field a message of the rendezvous can have; which ones it must have is its type's matter.
struct MessageFields: Codable {
    var type: String
    var version: Int?
    var lookup: String?
    var owner: String?
    var lifetime: Int?
    var uses: Int?
    var ceiling: String?
    var expires: String?
    var meeting: String?
    var payload: String?
    var reason: String?
    var code: String?
    var turn: TURNFields?
    var key: String?
    var side: String?
    var number: UInt32?
    var proof: String?
    var returns: Bool?
    var state: String?
    var url: String?

    init(_ type: String) { self.type = type }

    /// The only version of the protocol.
    static let currentVersion = 1
    /// The most an opaque payload may have, in bytes of ASCII.
    static let payloadLimit = 16 * 1024
    /// The longest life anyone may ask for, in seconds: the relay allows less.
    static let lifetimeLimit = 366 * 86_400
    static let usesLimit = 1000

    func requireVersion() throws(MessageError) {
        guard let version else { throw .malformed }
        guard version == Self.currentVersion else { throw .unsupportedVersion }
    }

    func requireLookup() throws(MessageError) -> Lookup {
        try lookup.flatMap { Lookup($0) }.orMalformed()
    }

    func requireMeeting() throws(MessageError) -> MeetingID {
        try meeting.flatMap { MeetingID($0) }.orMalformed()
    }

    func requireOwner() throws(MessageError) -> Secret {
        Secret(try owner.flatMap { CrockfordBase32.decode($0, count: 16) }.orMalformed())
    }

    /// Nil where there is none; one that is no token is malformed.
    func ownerIfGiven() throws(MessageError) -> Secret? { owner == nil ? nil : try requireOwner() }

    func requireState() throws(MessageError) -> InvitationStatus.State {
        try state.flatMap { InvitationStatus.State(rawValue: $0) }.orMalformed()
    }

    func requireURL() throws(MessageError) -> RelayURL {
        try url.flatMap { RelayURL($0) }.orMalformed()
    }

    func requireExpires() throws(MessageError) -> UnixTime {
        try expires.flatMap { UnixTime($0) }.orMalformed()
    }

    func requireLifetime() throws(MessageError) -> Int {
        try lifetime.flatMap { (1...Self.lifetimeLimit).contains($0) ? $0 : nil }.orMalformed()
    }

    func requireUses() throws(MessageError) -> Int {
        try uses.flatMap { (1...Self.usesLimit).contains($0) ? $0 : nil }.orMalformed()
    }

    func requireCeiling() throws(MessageError) -> Ceiling {
        try ceiling.flatMap { Ceiling(rawValue: $0) }.orMalformed()
    }

    /// Printable ASCII, so that what one side sends is what the other side gets.
    func requirePayload() throws(MessageError) -> String {
        try payload.flatMap { text in
            text.utf8.count <= Self.payloadLimit && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
        }.orMalformed()
    }

    func requireKey() throws(MessageError) -> [UInt8] {
        try key.flatMap { Base64URL.decode($0) }.flatMap { $0.count == SeatKey.size ? $0 : nil }.orMalformed()
    }

    func requireProof() throws(MessageError) -> [UInt8] {
        try proof.flatMap { Base64URL.decode($0) }.flatMap { $0.count == SeatKey.proofSize ? $0 : nil }.orMalformed()
    }

    func requireSide() throws(MessageError) -> SealedChannel.Side {
        try side.flatMap { SealedChannel.Side(rawValue: $0) }.orMalformed()
    }

    func requireNumber() throws(MessageError) -> UInt32 {
        try number.orMalformed()
    }

    func requireReason<Reason: RawRepresentable<String>>(_: Reason.Type) throws(MessageError) -> Reason {
        try reason.flatMap { Reason(rawValue: $0) }.orMalformed()
    }
}

extension Optional {
    func orMalformed() throws(MessageError) -> Wrapped {
        guard let self else { throw .malformed }
        return self
    }
}
