/// Names that last as long as the process: for tests.
public struct InMemoryPeopleStore: PeopleStore {
    private var people: [PersonName: Person] = [:]

    public init() {}

    public mutating func register(_ person: Person, at time: UnixTime) -> Person {
        let owner = people[person.name] ?? person
        people[person.name] = owner
        return owner
    }

    public func person(_ name: PersonName) -> Person? { people[name] }
    public mutating func forget(_ name: PersonName) -> Bool { people.removeValue(forKey: name) != nil }
    public func personCount() -> Int { people.count }
}
