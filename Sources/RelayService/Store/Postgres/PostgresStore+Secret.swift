extension PostgresStore {
    /// The secret that every node of the fleet signs TURN credentials with; the first that starts makes it.
    ///
    /// - Parameter made: what it becomes if there is none yet.
    func signingSecret(orElse made: String) throws(PostgresError) -> String {
        _ = try link.run("INSERT INTO setting (name, value) VALUES ('auth-secret', $1) ON CONFLICT (name) DO NOTHING", [made])
        guard let secret = try signingSecret() else { throw .unexpected }
        return secret
    }

    /// Nil before a relay was started with this database.
    func signingSecret() throws(PostgresError) -> String? {
        // A database without our tables has no relay either.
        guard try link.run("SELECT to_regclass('setting')").first != nil else { return nil }
        return try link.run("SELECT value FROM setting WHERE name = 'auth-secret'").first
    }
}
