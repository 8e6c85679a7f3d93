/// What the relay says to a sharer or a helper.
public enum ServerMessage: Sendable, Equatable {
    /// To the sharer: the invitation exists. `owner` proves later whose it is; `lifetime` are the seconds that it was given, which
    /// earlier relays do not say.
    case created(Lookup, owner: Secret, expires: UnixTime, uses: Int, turn: TURNCredentials?, lifetime: Int? = nil)
    /// To the sharer: helpers find it again. `uses` is how many are left.
    case resumed(Lookup, expires: UnixTime, uses: Int, turn: TURNCredentials?)
    /// To the sharer, and to the owner who has asked.
    case extended(Lookup, expires: UnixTime)
    /// To the owner who has asked.
    case status(Lookup, InvitationStatus)
    /// To the sharer: nobody can meet under it any more.
    case closed(Lookup, ClosedReason)
    case helperArrived(Lookup, MeetingID)
    /// To the helper: the sharer is there.
    case met(MeetingID)
    /// To the helper: nobody waits there. Absent, away, burnt, expired, revoked and used up are all this.
    case gone
    /// What was asked for is at another node of the fleet, or is to go there: ask again there.
    case elsewhere(RelayURL)
    case opaque(MeetingID, payload: String)
    /// The other side has left, or its connection was closed and it has a seat to come back to.
    case peerLeft(MeetingID, mayReturn: Bool = false)
    /// The seat is kept should the connection be lost.
    case seated(MeetingID)
    /// The seat is this connection's. What was said meanwhile is lost.
    case rejoined(MeetingID, turn: TURNCredentials?)
    /// There is no such meeting any more, or the seat is somebody else's.
    case forgotten(MeetingID)
    /// To the helper: the sharer ended the meeting.
    case refused(MeetingID, RefusalReason)
    /// To the helper, after the sharer confirmed.
    case credentials(MeetingID, TURNCredentials)
    case error(RelayErrorCode)
}

/// Why an invitation can no longer be used, as its sharer may know.
public enum ClosedReason: String, Hashable, Sendable, CaseIterable {
    case used, expired, burnt, revoked
}

/// Why the relay did not do what was asked.
public enum RelayErrorCode: String, Error, Hashable, Sendable, CaseIterable {
    case malformed
    case tooLarge = "too-large"
    case unsupportedVersion = "unsupported-version"
    /// The relay's policy: not everybody may invite.
    case notAllowed = "not-allowed"
    /// The message makes no sense here: not your invitation, no such meeting, already in one.
    case wrongState = "wrong-state"
    /// Too often from this address or on this connection: wait.
    case rateLimited = "rate-limited"
    /// One of the relay's tables is full: wait.
    case busy
    /// The relay cannot reach its store; or, to a `meet`, the node where the sharer waited. It may in a moment.
    case unavailable
}

extension RelayErrorCode: CustomStringConvertible {
    /// A sentence for the person at the client.
    public var description: String {
        switch self {
        case .malformed, .tooLarge, .wrongState: "The relay did not understand this program: update it, or try again."
        case .unsupportedVersion: "The relay speaks another version: update this program, or the relay."
        case .notAllowed: "This relay does not let you invite from this network: ask who runs it."
        case .rateLimited: "The relay takes no more invitations and look-ups from your network for a minute: wait, and try again."
        case .busy: "The relay is full, or has all that it takes of your network: wait a minute and try again."
        case .unavailable: "The relay has a problem with its database: try again, or tell who runs it."
        }
    }
}

extension ServerMessage {
    public init(parsing text: [UInt8]) throws(MessageError) {
        let fields = try JSONText.decode(MessageFields.self, from: text)
        let turn = try fields.turn?.credentials()
        switch fields.type {
        case "created":
            self = .created(
                try fields.requireLookup(), owner: try fields.requireOwner(), expires: try fields.requireExpires(),
                uses: try fields.requireUses(), turn: turn,
                lifetime: fields.lifetime == nil ? nil : try fields.requireLifetime())
        case "resumed":
            self = .resumed(
                try fields.requireLookup(), expires: try fields.requireExpires(), uses: try fields.requireUses(),
                turn: turn)
        case "extended": self = .extended(try fields.requireLookup(), expires: try fields.requireExpires())
        case "status":
            self = .status(
                try fields.requireLookup(),
                InvitationStatus(state: try fields.requireState(), expires: try fields.requireExpires()))
        case "closed": self = .closed(try fields.requireLookup(), try fields.requireReason(ClosedReason.self))
        case "helper-arrived": self = .helperArrived(try fields.requireLookup(), try fields.requireMeeting())
        case "met": self = .met(try fields.requireMeeting())
        case "gone": self = .gone
        case "elsewhere": self = .elsewhere(try fields.requireURL())
        case "opaque": self = .opaque(try fields.requireMeeting(), payload: try fields.requirePayload())
        case "peer-left": self = .peerLeft(try fields.requireMeeting(), mayReturn: fields.returns ?? false)
        case "seated": self = .seated(try fields.requireMeeting())
        case "rejoined": self = .rejoined(try fields.requireMeeting(), turn: turn)
        case "forgotten": self = .forgotten(try fields.requireMeeting())
        case "refused":
            self = .refused(try fields.requireMeeting(), try fields.requireReason(RefusalReason.self))
        case "credentials":
            guard let turn else { throw .malformed }
            self = .credentials(try fields.requireMeeting(), turn)
        case "error":
            guard let code = fields.code.flatMap(RelayErrorCode.init(rawValue:)) else { throw .malformed }
            self = .error(code)
        default: throw .unknownType
        }
    }

    public var text: [UInt8] { JSONText.encode(fields) }

    private var fields: MessageFields {
        var fields: MessageFields
        switch self {
        case .created(let lookup, let owner, let expires, let uses, let turn, let lifetime):
            fields = MessageFields("created")
            fields.lookup = lookup.text
            fields.lifetime = lifetime
            fields.owner = CrockfordBase32.encode(owner.exposed)
            fields.expires = expires.description
            fields.uses = uses
            fields.turn = turn.map(TURNFields.init)
        case .resumed(let lookup, let expires, let uses, let turn):
            fields = MessageFields("resumed")
            fields.lookup = lookup.text
            fields.expires = expires.description
            fields.uses = uses
            fields.turn = turn.map(TURNFields.init)
        case .extended(let lookup, let expires):
            fields = MessageFields("extended")
            fields.lookup = lookup.text
            fields.expires = expires.description
        case .status(let lookup, let status):
            fields = MessageFields("status")
            fields.lookup = lookup.text
            fields.state = status.state.rawValue
            fields.expires = status.expires.description
        case .closed(let lookup, let reason):
            fields = MessageFields("closed")
            fields.lookup = lookup.text
            fields.reason = reason.rawValue
        case .helperArrived(let lookup, let meeting):
            fields = MessageFields("helper-arrived")
            fields.lookup = lookup.text
            fields.meeting = meeting.text
        case .met(let meeting):
            fields = MessageFields("met")
            fields.meeting = meeting.text
        case .gone:
            fields = MessageFields("gone")
        case .elsewhere(let url):
            fields = MessageFields("elsewhere")
            fields.url = url.description
        case .opaque(let meeting, let payload):
            fields = MessageFields("opaque")
            fields.meeting = meeting.text
            fields.payload = payload
        case .peerLeft(let meeting, let mayReturn):
            fields = MessageFields("peer-left")
            fields.meeting = meeting.text
            fields.returns = mayReturn ? true : nil
        case .seated(let meeting):
            fields = MessageFields("seated")
            fields.meeting = meeting.text
        case .rejoined(let meeting, let turn):
            fields = MessageFields("rejoined")
            fields.meeting = meeting.text
            fields.turn = turn.map(TURNFields.init)
        case .forgotten(let meeting):
            fields = MessageFields("forgotten")
            fields.meeting = meeting.text
        case .refused(let meeting, let reason):
            fields = MessageFields("refused")
            fields.meeting = meeting.text
            fields.reason = reason.rawValue
        case .credentials(let meeting, let turn):
            fields = MessageFields("credentials")
            fields.meeting = meeting.text
            fields.turn = TURNFields(turn)
        case .error(let code):
            fields = MessageFields("error")
            fields.code = code.rawValue
        }
        return fields
    }
}
