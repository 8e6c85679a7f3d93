public import NetPrimitives

/// The bounds of a relay's rendezvous, of which every table has one, and who may invite there.
public struct MeetingServerConfiguration: Hashable, Sendable {
    /// Connections at once, and of one source. An office behind one address has many people in it.
    public var maximumConnections = 12_000
    public var maximumConnectionsPerSource = 256
    /// Open invitations in the store, and of one source.
    public var maximumInvitations = 100_000
    public var maximumInvitationsPerSource = 64
    /// Invitations that one connection waits under.
    public var maximumInvitationsPerConnection = 8
    /// Meetings that are not confirmed yet, under one look-up; more helpers hear `busy`.
    public var maximumHandshakesPerInvitation = 8
    /// Meetings that a side is away from without having left: in all, and by the source of whoever is away. More are ended,
    /// as if it had left.
    public var maximumHalfMeetings = 10_000
    public var maximumHalfMeetingsPerSource = 64
    /// At this rate one source needs 68 years for all 2³⁰ look-ups, and has three guesses of 2²⁵ at each it finds.
    public var lookupsPerMinute = 30
    public var invitationsPerMinute = 30
    /// An office of many people comes back at once when its router has restarted. A proof costs a tenth of a millisecond.
    public var rejoinsPerMinute = 240
    /// Sources whose rates are remembered.
    public var maximumSources = 16_384
    /// The networks that may make invitations; nil: everybody may.
    public var inviters: [CIDRBlock]?
    /// The longest life of an invitation.
    public var longestInvitation: Duration = .seconds(7 * 86_400)
    public var maximumUses = 100
    /// How long TURN credentials last, in seconds: a working day of one session.
    public var credentialLifetime = 12 * 3600
    /// A connection that has asked for nothing this long is closed.
    public var idleTimeout: Duration = .seconds(60)
    /// Two programs shake hands without a person in between.
    public var handshakeTimeout: Duration = .seconds(30)
    /// How long a meeting that both sides are away from is kept. No session waits longer for its other side, be it that the
    /// network is gone or that a computer is suspended (a quarter of an hour), and it has to come back first.
    public var absenceTimeout: Duration = .seconds(16 * 60)

    public init() {}

    /// Whether somebody from there may make an invitation. To help nobody needs permission.
    func letsInvite(_ address: IPAddress) -> Bool { inviters.map { $0.contains { $0.contains(address) } } ?? true }

    /// In whole seconds.
    var longestLifetime: Int { Int(longestInvitation.components.seconds) }
}

/// Makes TURN credentials for an invitation's label until the given moment; nil when there is no TURN.
public typealias TURNCredentialIssuer = @Sendable (_ label: String, _ expires: UnixTime) -> TURNCredentials?
