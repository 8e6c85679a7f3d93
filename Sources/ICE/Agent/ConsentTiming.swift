/// The numbers of consent freshness (RFC 7675 §5.1) and of noticing a silent path.
public struct ConsentTiming: Sendable, Hashable {
    /// The basic period; each wait is 0.8 to 1.2 of it, so 4 to 6 s.
    public var period: Duration = .seconds(5)
    /// How long one answer allows data to be sent.
    public var lifetime: Duration = .seconds(30)
    /// Without anything from the peer for so long a path is called silent. A dead peer has to be reported
    /// within 10 s; a check that is due after 6 s at the latest is sent three times before these 7.5 s end.
    public var silence: Duration = .milliseconds(7500)
    /// The first retransmission of a consent check; doubled each time. A single lost packet then is no silence.
    public var initialRTO: Duration = .milliseconds(250)
    /// How long checks go on without consent before the agent fails. The application's own patience for a
    /// peer that fell silent is 150 s; this only ends what an application has forgotten.
    public var abandonment: Duration = .seconds(180)

    public init() {}
}
