/// What the switchboard asks of the directory of people.
public enum PeopleRequest: Hashable, Sendable {
    case find(PersonName)
    /// Gives the name to the key if it is free, and there are fewer than `maximum`.
    case register(Person, at: UnixTime, maximum: Int)

    /// - Throws: what the store throws; then nothing has changed.
    public func perform(in store: inout some PeopleStore) throws -> PeopleAnswer {
        switch self {
        case .find(let name): return .person(try store.person(name))
        case .register(let person, let time, let maximum):
            if let owner = try store.person(person.name) {
                // Written again, that it was seen.
                return .person(owner.key == person.key ? try store.register(person, at: time) : owner)
            }
            guard try store.personCount() < maximum else { return .full }
            return .person(try store.register(person, at: time))
        }
    }
}

/// What the directory says.
public enum PeopleAnswer: Hashable, Sendable {
    /// Whose name it is; nil: nobody's.
    case person(Person?)
    /// It takes no more names.
    case full
}
