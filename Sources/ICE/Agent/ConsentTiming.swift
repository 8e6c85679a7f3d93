/// The numbers of consent freshness (RFC 7675 §5.1) and of noticing a path that has died.
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
    /// The same for a peer that has said that its computer is going to be suspended: with the lifetime before it a quarter
    /// of an hour from the last that came.
    public var suspension: Duration = .seconds(15 * 60 - 30)

    /// After so much silence on the pair that carries data it is asked for a sign of life; nil waits for the period.
    public var liveness: Duration?
    /// After so long without an answer or anything else, data moves to a pair that does answer (or three round trips
    /// of the pair, if that is more): with a lost packet made good, and within two seconds of the death in all.
    public var suspicion: Duration = .milliseconds(600)
    /// The same while something still comes in: only the way out may be shut, which is rare.
    public var deafness: Duration = .seconds(3)

    public init() {}

    /// For a session that a person watches: a path that dies is noticed at once. While neither side sends anything it
    /// costs one check in 800 ms, from whichever side is first: some 300 bytes a second.
    public static var watchful: ConsentTiming {
        var timing = ConsentTiming()
        timing.liveness = .milliseconds(800)
        return timing
    }

    /// Between new checks while none is answered, of an agent that is in a hurry.
    static let retry = Duration.seconds(1)
}
