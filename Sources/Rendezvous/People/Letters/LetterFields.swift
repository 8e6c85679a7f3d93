/// A letter's JSON, field by field. What a person wrote is cleaned and cut; everything else must fit.
struct LetterFields: Codable {
    /// The most a letter's text may have, in bytes.
    static let maximumSize = 8 * 1024
    static let messageLimit = 2000

    var type: String
    var from: String?
    var relay: String?
    var lookup: String?
    var secret: String?
    var expires: String?
    var ceiling: String?
    var message: String?
    var about: String?
    var id: String?

    init(_ type: String) { self.type = type }

    static func parse(_ text: [UInt8]) throws(MessageError) -> LetterFields {
        try JSONText.decode(LetterFields.self, from: text, limit: maximumSize)
    }

    func requireFrom() throws(MessageError) -> PersonAddress { try from.flatMap { PersonAddress($0) }.orMalformed() }
    func requireRelay() throws(MessageError) -> RelayURL { try relay.flatMap { RelayURL($0) }.orMalformed() }
    func requireLookup() throws(MessageError) -> Lookup { try lookup.flatMap { Lookup($0) }.orMalformed() }
    func requireKey() throws(MessageError) -> InvitationKey { try secret.flatMap { InvitationKey(linkText: $0) }.orMalformed() }
    func requireExpires() throws(MessageError) -> UnixTime { try expires.flatMap { UnixTime($0) }.orMalformed() }
    func requireCeiling() throws(MessageError) -> Ceiling { try ceiling.flatMap { Ceiling(rawValue: $0) }.orMalformed() }
    func requireID() throws(MessageError) -> CallID { try id.flatMap { CallID($0) }.orMalformed() }

    /// Nil where there is none.
    func aboutIfGiven() throws(MessageError) -> CallID? {
        guard let about else { return nil }
        return try CallID(about).orMalformed()
    }

    var cleanedMessage: String? { message.map { PlainText.cleaned($0, limit: Self.messageLimit, lines: true) } }
}

extension CallLetter {
    init(parsing text: [UInt8]) throws(MessageError) {
        let fields = try LetterFields.parse(text)
        let from = try fields.requireFrom()
        switch fields.type {
        case CallKind.ring.rawValue:
            self = .ring(try Ring(fields))
        case CallKind.offer.rawValue:
            self = .offer(
                Offer(
                    from: from, id: try fields.requireID(), ceiling: try fields.requireCeiling(), message: fields.cleanedMessage))
        case CallKind.request.rawValue: self = .request(ContactRequest(from: from, message: fields.cleanedMessage))
        default: throw .unknownType
        }
    }

    var text: [UInt8] {
        var fields = LetterFields(kind.rawValue)
        fields.from = from.description
        switch self {
        case .ring(let ring): ring.write(to: &fields)
        case .offer(let offer):
            fields.id = offer.id.text
            fields.ceiling = offer.ceiling.rawValue
            fields.message = offer.message
        case .request(let request): fields.message = request.message
        }
        fields.message = fields.cleanedMessage
        return JSONText.encode(fields)
    }
}

extension Ring {
    fileprivate init(_ fields: LetterFields) throws(MessageError) {
        self.init(
            from: try fields.requireFrom(), relay: try fields.requireRelay(), lookup: try fields.requireLookup(),
            key: try fields.requireKey(), expires: try fields.requireExpires(), ceiling: try fields.requireCeiling(),
            message: fields.cleanedMessage, about: try fields.aboutIfGiven())
    }

    fileprivate func write(to fields: inout LetterFields) {
        fields.from = from.description
        fields.relay = relay.description
        fields.lookup = lookup.text
        fields.secret = key.exposedText
        fields.expires = expires.description
        fields.ceiling = ceiling.rawValue
        fields.message = message.map { PlainText.cleaned($0, limit: LetterFields.messageLimit, lines: true) }
        fields.about = about?.text
    }
}

extension AnswerLetter {
    init(parsing text: [UInt8]) throws(MessageError) {
        let fields = try LetterFields.parse(text)
        switch fields.type {
        case "ringing": self = .ringing
        case "accepted": self = .accepted
        case "declined": self = .declined
        case "taken": self = .taken
        case "card": self = .card(try fields.requireFrom())
        case "invitation": self = .invitation(try Ring(fields))
        default: throw .unknownType
        }
    }

    var text: [UInt8] {
        var fields: LetterFields
        switch self {
        case .ringing: fields = LetterFields("ringing")
        case .accepted: fields = LetterFields("accepted")
        case .declined: fields = LetterFields("declined")
        case .taken: fields = LetterFields("taken")
        case .card(let address):
            fields = LetterFields("card")
            fields.from = address.description
        case .invitation(let ring):
            fields = LetterFields("invitation")
            ring.write(to: &fields)
        }
        return JSONText.encode(fields)
    }
}
