public import NetPrimitives

/// What a relay's rendezvous has counted since it began.
public struct MeetingCounters: Hashable, Sendable {
    /// What a helper's look-up got: a meeting, the one word for all that is not there, a bound, another node of the fleet,
    /// or to come back in a moment, as that node is gone.
    public enum Lookup: Int, TallyLabel { case met, gone, busy, rateLimited, elsewhere, unavailable }

    /// Why an invitation was not made: its source's rate, what its source or its connection has open, the relay's own
    /// bound, a relay that drains, or a policy that does not let it invite.
    public enum InvitationRefusal: Int, TallyLabel { case rate, source, connection, total, draining, notAllowed }

    public var invitationsCreated: UInt64 = 0
    public var invitationsRefused = Tally<InvitationRefusal>()
    public var lookups = Tally<Lookup>()
    /// Meetings whose key was confirmed.
    public var confirmed: UInt64 = 0
    /// Helpers whose secret was another one, as their sharers said.
    public var wrongGuesses: UInt64 = 0
    /// Invitations that are void after three wrong guesses.
    public var burnt: UInt64 = 0

    public init() {}
}

/// How far a meeting is.
public enum MeetingStage: Int, TallyLabel { case handshake, confirmed }

extension MeetingServer {
    /// Of the meetings that somebody is in: nobody waits for one that both sides are away from.
    public var meetingStages: Tally<MeetingStage> {
        var stages = Tally<MeetingStage>()
        for meeting in meetings.values where meeting.deserted == nil { stages.count(meeting.stage == .confirmed ? .confirmed : .handshake) }
        return stages
    }
}
