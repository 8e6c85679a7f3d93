public import Rendezvous

/// The directory of people as `ra-relay people` sees it: the store itself, beside a relay that runs or does not.
public struct PeopleBook {
    /// Names that are read at once.
    private static let page = 1000

    private var store: any PeopleListing

    /// Opens the store of a relay that has been started.
    ///
    /// - Parameter state: the state directory, or the fleet's database; wins over the configuration's.
    public init(configuration: ServeConfiguration, state: String?) throws(ConfigurationError) {
        store = try StartedStore.open(configuration, state: state)
    }

    /// Goes through all names, in order.
    public mutating func forEach(_ body: (PersonRecord) -> Void) throws {
        var last: PersonName?
        while true {
            let records = try store.people(after: last, limit: Self.page)
            for record in records { body(record) }
            guard let name = records.last?.person.name else { return }
            last = name
        }
    }

    /// Frees a name. False when nobody had it.
    public mutating func remove(_ name: PersonName) throws -> Bool { try store.forget(name) }
}
