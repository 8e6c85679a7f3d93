/// Names that last as long as the process: for tests.
public struct InMemoryPeopleStore: PeopleStore {
    private var people: [PersonName: PersonRecord] = [:]

    public init() {}

    public mutating func register(_ person: Person, at time: UnixTime) -> Person {
        let record = people[person.name] ?? PersonRecord(person, registered: time, seen: time)
        people[person.name] = record
        return record.person
    }

    public func person(_ name: PersonName) -> Person? { people[name]?.person }
    /// As `person`, of who had the name at `time` already.
    public func person(_ name: PersonName, since time: UnixTime) -> Person? {
        people[name].flatMap { $0.registered > time ? nil : $0.person }
    }
    public mutating func forget(_ name: PersonName) -> Bool { people.removeValue(forKey: name) != nil }
    public func personCount() -> Int { people.count }
}
