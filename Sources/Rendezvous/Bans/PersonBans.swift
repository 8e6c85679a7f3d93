/// Whom a switchboard does not let in.
public struct PersonBans: Hashable, Sendable {
    /// Nobody gets these, and nobody is there under them.
    public let names: Set<PersonName>
    /// Nobody who proves one of these comes in: keys that were named, and those that had one of the names when it was banned.
    public let keys: Set<KeyFingerprint>

    public init(names: Set<PersonName> = [], keys: Set<KeyFingerprint> = []) {
        self.names = names
        self.keys = keys
    }

    public init(_ bans: some Sequence<Ban>) {
        var (names, keys): (Set<PersonName>, Set<KeyFingerprint>) = ([], [])
        for ban in bans {
            switch ban.subject {
            case .user, .addresses: continue
            case .person(let name):
                names.insert(name)
                if let holder = ban.holder { keys.insert(KeyFingerprint(holder)) }
            case .key(let fingerprint): keys.insert(fingerprint)
            }
        }
        self.init(names: names, keys: keys)
    }

    public var isEmpty: Bool { names.isEmpty && keys.isEmpty }

    func cover(_ name: PersonName) -> Bool { names.contains(name) }
    /// The fingerprint is a hash: it is not made while nobody is banned.
    func cover(_ key: PersonKey) -> Bool { !keys.isEmpty && keys.contains(KeyFingerprint(key)) }
}
