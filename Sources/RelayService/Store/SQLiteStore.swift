import Foundation
import GRDB
import Rendezvous

/// The embedded store: one SQLite file in the state directory, readable by its owner alone.
///
/// Write-ahead logging keeps every committed invitation through a crash of the process. Nothing of
/// an invitation's secrets is ever in it.
struct SQLiteStore: RelayStore {
    let database: DatabaseQueue
    let openCount = KeptCount()
    let peopleCount = KeptCount()
    let banLimit: Int

    /// Opens the file, makes it when it is not there, and brings its tables up to date.
    init(path: String, banLimit: Int = Ban.limit) throws {
        self.banLimit = banLimit
        if !FileManager.default.fileExists(atPath: path) {
            // Created with its mode, so that at no moment anybody else can read it.
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase {
            try $0.execute(sql: "PRAGMA journal_mode = WAL")
            // A committed row outlives a crash of the process; a power cut may cost the newest invitations.
            try $0.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        database = try DatabaseQueue(path: path, configuration: configuration)
        try Self.migrations.migrate(database)
    }

    // MARK: NodeStore: whoever keeps a file of its own is alone.

    mutating func beat(_ node: RelayNode) -> [RelayNode] { [node] }
    mutating func remove(_ node: RelayURL) {}
}
