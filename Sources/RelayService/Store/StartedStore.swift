import Foundation
import Rendezvous

/// The store of a relay that has been started, for commands that work beside it.
enum StartedStore {
    /// Opens it, and makes none.
    ///
    /// - Parameter state: the state directory, or the fleet's database; wins over the configuration's.
    static func open(_ configuration: ServeConfiguration, state: String?) throws(ConfigurationError) -> any RelayStore & PeopleListing {
        if let url = PostgresURL(state ?? configuration.stateDirectory ?? "") {
            let opened = PostgresStore(url)
            // Beside relays of an earlier release, too: a version only adds.
            do { try opened.migrate() } catch { throw ConfigurationError("state: \(error).") }
            return opened
        }
        let directory = StateDirectory(existing: try StateDirectory.locate(configured: state ?? configuration.stateDirectory))
        guard FileManager.default.isReadableFile(atPath: directory.databasePath) else {
            throw ConfigurationError("There is no store in \(directory.path) that you may read: name the file or the state directory of a relay that has been started, as root, with --config FILE or --state DIR.")
        }
        do { return try SQLiteStore(path: directory.databasePath) } catch {
            throw ConfigurationError("\(directory.databasePath) cannot be opened: \(error)")
        }
    }
}
