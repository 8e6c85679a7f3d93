/// A name at a relay and the key that it stands for there: the relay vouches for the name, the key for the person.
public struct Person: Hashable, Sendable {
    public let name: PersonName
    public let key: PersonKey

    public init(name: PersonName, key: PersonKey) {
        self.name = name
        self.key = key
    }
}
