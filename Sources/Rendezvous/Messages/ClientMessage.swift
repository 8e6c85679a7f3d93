/// What a sharer or a helper says to the relay.
public enum ClientMessage: Sendable, Equatable {
    /// A sharer wants a look-up and waits under it. Answer: `created`.
    case create(InvitationTerms)
    /// A sharer is back after a lost connection. Answer: `resumed`, `closed`, or `gone` when it is not theirs.
    case resume(Lookup, owner: Secret)
    /// How an invitation stands. The owner's token is the proof whose it is. Answer: `status`, or `gone` when it is not theirs.
    case status(Lookup, owner: Secret)
    /// Some more seconds from now. Answer: `extended`, or `closed` when it is over already.
    ///
    /// Here and in `close` the connection that waits under it needs no token; with one, any connection may, and hears `gone`
    /// when it is not theirs.
    case extend(Lookup, lifetime: Int, owner: Secret? = nil)
    /// Nobody else may use it. Answer: `closed`.
    case close(Lookup, owner: Secret? = nil)
    /// Its secret was guessed at too often. Answer: `closed`.
    case burn(Lookup)
    /// The sharer has verified the helper's key: this is a use, and the helper gets its TURN credentials.
    case confirmed(MeetingID)
    /// The sharer ends a meeting and says why.
    case refuse(MeetingID, RefusalReason)
    /// A helper wants to meet. Answer: `met` or `gone`.
    case meet(Lookup)
    /// For the other side; the relay does not read it.
    case opaque(MeetingID, payload: String)
    /// Either side of a confirmed meeting: keep my seat should my connection be lost, for whoever proves to hold the key
    /// whose public half this is. Answer: `seated`.
    case seat(MeetingID, key: [UInt8])
    /// A side of a meeting is back, on another connection. Answer: `rejoined` or `forgotten`.
    case rejoin(MeetingID, SealedChannel.Side, number: UInt32, proof: [UInt8])
    /// Either side ends a meeting. Answer to the other: `peer-left`.
    case leave(MeetingID)
}

/// Why a sharer refuses a helper.
public enum RefusalReason: String, Hashable, Sendable, CaseIterable {
    /// The helper's key is another one: a mistyped secret, or a guess.
    case wrongCode = "wrong-code"
    /// The sharer does not want to.
    case declined
    /// The invitation was used up meanwhile; the helper hears `gone`.
    case gone
}

extension ClientMessage {
    public init(parsing text: [UInt8]) throws(MessageError) {
        let fields = try JSONText.decode(MessageFields.self, from: text)
        switch fields.type {
        case "create":
            try fields.requireVersion()
            self = .create(
                InvitationTerms(
                    lifetime: try fields.requireLifetime(), uses: try fields.requireUses(),
                    ceiling: try fields.requireCeiling()))
        case "resume":
            try fields.requireVersion()
            self = .resume(try fields.requireLookup(), owner: try fields.requireOwner())
        case "status":
            try fields.requireVersion()
            self = .status(try fields.requireLookup(), owner: try fields.requireOwner())
        case "extend":
            self = .extend(
                try fields.requireLookup(), lifetime: try fields.requireLifetime(), owner: try fields.ownerIfGiven())
        case "close": self = .close(try fields.requireLookup(), owner: try fields.ownerIfGiven())
        case "burn": self = .burn(try fields.requireLookup())
        case "confirmed": self = .confirmed(try fields.requireMeeting())
        case "refuse":
            self = .refuse(try fields.requireMeeting(), try fields.requireReason(RefusalReason.self))
        case "meet":
            try fields.requireVersion()
            self = .meet(try fields.requireLookup())
        case "opaque": self = .opaque(try fields.requireMeeting(), payload: try fields.requirePayload())
        case "seat": self = .seat(try fields.requireMeeting(), key: try fields.requireKey())
        case "rejoin":
            try fields.requireVersion()
            self = .rejoin(
                try fields.requireMeeting(), try fields.requireSide(), number: try fields.requireNumber(),
                proof: try fields.requireProof())
        case "leave": self = .leave(try fields.requireMeeting())
        default: throw .unknownType
        }
    }

    public var text: [UInt8] { JSONText.encode(fields) }

    private var fields: MessageFields {
        var fields: MessageFields
        switch self {
        case .create(let terms):
            fields = MessageFields("create")
            fields.version = MessageFields.currentVersion
            fields.lifetime = terms.lifetime
            fields.uses = terms.uses
            fields.ceiling = terms.ceiling.rawValue
        case .resume(let lookup, let owner):
            fields = MessageFields("resume")
            fields.version = MessageFields.currentVersion
            fields.lookup = lookup.text
            fields.owner = CrockfordBase32.encode(owner.exposed)
        case .status(let lookup, let owner):
            fields = MessageFields("status")
            fields.version = MessageFields.currentVersion
            fields.lookup = lookup.text
            fields.owner = CrockfordBase32.encode(owner.exposed)
        case .extend(let lookup, let lifetime, let owner):
            fields = MessageFields("extend")
            fields.lookup = lookup.text
            fields.lifetime = lifetime
            fields.owner = owner.map { CrockfordBase32.encode($0.exposed) }
        case .close(let lookup, let owner):
            fields = MessageFields("close")
            fields.lookup = lookup.text
            fields.owner = owner.map { CrockfordBase32.encode($0.exposed) }
        case .burn(let lookup):
            fields = MessageFields("burn")
            fields.lookup = lookup.text
        case .confirmed(let meeting):
            fields = MessageFields("confirmed")
            fields.meeting = meeting.text
        case .refuse(let meeting, let reason):
            fields = MessageFields("refuse")
            fields.meeting = meeting.text
            fields.reason = reason.rawValue
        case .meet(let lookup):
            fields = MessageFields("meet")
            fields.version = MessageFields.currentVersion
            fields.lookup = lookup.text
        case .opaque(let meeting, let payload):
            fields = MessageFields("opaque")
            fields.meeting = meeting.text
            fields.payload = payload
        case .seat(let meeting, let key):
            fields = MessageFields("seat")
            fields.meeting = meeting.text
            fields.key = Base64URL.encode(key)
        case .rejoin(let meeting, let side, let number, let proof):
            fields = MessageFields("rejoin")
            fields.version = MessageFields.currentVersion
            fields.meeting = meeting.text
            fields.side = side.rawValue
            fields.number = number
            fields.proof = Base64URL.encode(proof)
        case .leave(let meeting):
            fields = MessageFields("leave")
            fields.meeting = meeting.text
        }
        return fields
    }
}
