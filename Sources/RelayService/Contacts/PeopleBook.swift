import Foundation
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
        if let url = PostgresURL(state ?? configuration.stateDirectory ?? "") {
            let opened = PostgresStore(url)
            do { try opened.migrate() } catch { throw ConfigurationError("state: \(error).") }
            store = opened
            return
        }
        let directory = StateDirectory(existing: try StateDirectory.locate(configured: state ?? configuration.stateDirectory))
        guard FileManager.default.isReadableFile(atPath: directory.databasePath) else {
            throw ConfigurationError("There is no store in \(directory.path) that you may read: name the file or the state directory of a relay that has been started, as root, with --config FILE or --state DIR.")
        }
        do { store = try SQLiteStore(path: directory.databasePath) } catch {
            throw ConfigurationError("\(directory.databasePath) cannot be opened: \(error)")
        }
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
