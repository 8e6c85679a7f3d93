/// Where a relay keeps which key a name stands for. Every call is synchronous and may throw what its database throws; a call
/// that throws has changed nothing.
public protocol PeopleStore: Sendable {
    /// Gives a free name to its key, in one step; whose name it is afterwards. `seen` is written down at most once a day.
    mutating func register(_ person: Person, at time: UnixTime) throws -> Person
    mutating func person(_ name: PersonName) throws -> Person?
    /// Frees a name: its next owner has another key, and all contacts are told so loudly. False when nobody had it.
    mutating func forget(_ name: PersonName) throws -> Bool
    /// How many names are taken.
    mutating func personCount() throws -> Int
}
