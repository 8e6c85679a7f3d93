/// A name in the directory, as its administrator sees it.
public struct PersonRecord: Hashable, Sendable {
    public let person: Person
    public let registered: UnixTime
    /// When the name was last registered again by its owner's program, to the day.
    public let seen: UnixTime

    public init(_ person: Person, registered: UnixTime, seen: UnixTime) {
        self.person = person
        self.registered = registered
        self.seen = seen
    }
}

/// A directory of people that can be gone through, for `ra-relay people`.
public protocol PeopleListing: PeopleStore {
    /// The next names in the order of their bytes, after `name`; nil: from the first.
    mutating func people(after name: PersonName?, limit: Int) throws -> [PersonRecord]
}
