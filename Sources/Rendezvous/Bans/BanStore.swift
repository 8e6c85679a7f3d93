/// Where the bans of a relay, or of all relays of a fleet, are kept. Every call is synchronous and may throw what its database
/// throws; a call that throws has changed nothing.
public protocol BanStore: Sendable {
    /// Writes a ban down, and forgets those that are over at `time`, in one step. One of the same subject that holds takes the end
    /// and the reason, and stays as old as it was.
    ///
    /// - Returns: false when there are `Ban.limit` others: then nothing was written.
    mutating func add(_ ban: Ban, at time: UnixTime) throws -> Bool
    /// - Returns: false when there was none.
    mutating func remove(_ subject: BanSubject) throws -> Bool
    /// Those that hold at `time`, in the order of their kinds' names and then of their texts' bytes; with each name's `holder`, where
    /// the store knows people: the key that was registered with the name in the second of the ban or before.
    mutating func bans(at time: UnixTime) throws -> [Ban]
}
