public import NetPrimitives

/// What a relay's switchboard has counted since it began.
public struct SwitchboardCounters: Hashable, Sendable {
    /// What became of a call: passed on, nobody there for it, another node's, or refused for a bound.
    public enum Call: Int, TallyLabel { case passedOn, unavailable, elsewhere, refused }

    /// Whether a proof was one.
    public enum Proof: Int, TallyLabel { case right, wrong }

    /// Why a name was not given: somebody has it, the relay's policy, its source's rate, or the directory is full.
    public enum NameRefusal: Int, TallyLabel { case taken, notAllowed, rate, full }

    /// Who is banned: somebody who was there, or somebody who came.
    public enum Banned: Int, TallyLabel { case closed, refused }

    public var proofs = Tally<Proof>()
    public var banned = Tally<Banned>()
    public var namesRegistered: UInt64 = 0
    public var namesRefused = Tally<NameRefusal>()
    public var calls = Tally<Call>()
    /// Presences that another connection of the same person has taken over.
    public var replaced: UInt64 = 0
    /// Clients that were told to go to another node because the fleet has changed.
    public var moved: UInt64 = 0
    /// Questions that the store did not answer in time, or could not.
    public var unanswered: UInt64 = 0

    public init() {}
}
