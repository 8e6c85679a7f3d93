import Rendezvous

/// The state of a relay, opened: its store, and the secret that it signs with.
struct OpenedState: Sendable {
    /// Statements that a node of a fleet has under way at once. A statement takes about a millisecond, most of it waiting: a few
    /// connections carry thousands a second, and a database has few to give.
    static let connections = 4

    /// One for each thread.
    let stores: [any RelayStore]
    /// Kept in the state, where the configuration names none; nil when it does.
    private let secret: String?
    let kind: Kind

    enum Kind: String, Sendable { case sqlite, postgres }

    /// Opens it, makes what is not there, and brings the tables up to date.
    ///
    /// - Throws: what is wrong, in a sentence without secrets.
    init(_ configuration: ServeConfiguration, directory: StateDirectory) throws {
        if let url = configuration.stateDirectory.flatMap(PostgresURL.init) {
            kind = .postgres
            let store = PostgresStore(url)
            do {
                try store.migrate()
                secret = configuration.authSecrets.isEmpty ? try store.signingSecret(orElse: StateDirectory.newSecret()) : nil
            } catch {
                throw ConfigurationError("state: \(error). The relay starts when its database is there.")
            }
            stores = [store] + (1..<Self.connections).map { _ in store.another() }
        } else {
            kind = .sqlite
            secret = configuration.authSecrets.isEmpty ? try directory.secret() : nil
            stores = [try SQLiteStore(path: directory.databasePath)]
        }
        self.directory = directory
    }

    private let directory: StateDirectory

    /// One more store, for a thread of its own.
    func another() throws -> any RelayStore {
        if let postgres = stores.first as? PostgresStore { return postgres.another() }
        return try SQLiteStore(path: directory.databasePath)
    }

    /// The configuration's secrets, else the one that is kept; one at least.
    func secrets(_ configuration: ServeConfiguration) throws(ConfigurationError) -> [String] {
        guard configuration.authSecrets.isEmpty else { return configuration.authSecrets }
        if let secret { return [secret] }
        // The configuration named one when the relay started, and a reload has taken it away.
        switch kind {
        case .sqlite: return [try directory.secret()]
        case .postgres:
            throw ConfigurationError("auth-secret: to go on with the database's secret takes a restart of the relay.")
        }
    }

    /// The secret of a fleet whose relays have been started; never made here.
    static func existingSecret(in url: PostgresURL) throws(ConfigurationError) -> String {
        let found: String?
        do { found = try PostgresStore(url).signingSecret() } catch { throw ConfigurationError("state: \(error).") }
        guard let found else {
            throw ConfigurationError("No relay has been started with this database, so that it holds no secret yet.")
        }
        return found
    }
}
