import HostNetwork
import NetPrimitives

extension PostgresStore {
    /// The versions of the tables, in order; a landed one is never changed. Nodes of two releases use them at the same time while a fleet
    /// is brought up to date: a version only adds what an earlier release does not mind.
    static let migrations = [
        """
        CREATE TABLE invitation (
            lookup text PRIMARY KEY,
            label text NOT NULL,
            owner_digest bytea NOT NULL,
            source text NOT NULL,
            created bigint NOT NULL,
            expires bigint NOT NULL,
            ceiling text NOT NULL,
            allowed_uses integer NOT NULL,
            uses integer NOT NULL,
            state text NOT NULL,
            home text
        );
        CREATE INDEX invitation_by_expiry ON invitation (expires);
        CREATE INDEX open_invitation_by_source ON invitation (source, expires) WHERE state = 'open' AND uses < allowed_uses;
        CREATE INDEX open_invitation_by_expiry ON invitation (expires) WHERE state = 'open' AND uses < allowed_uses;
        """,
        """
        CREATE TABLE ban (
            kind text NOT NULL,
            subject text NOT NULL,
            added bigint NOT NULL,
            expires bigint,
            reason text NOT NULL,
            PRIMARY KEY (kind, subject)
        );
        """,
        """
        CREATE TABLE person (
            name text COLLATE "C" PRIMARY KEY,
            key bytea NOT NULL,
            registered bigint NOT NULL,
            seen bigint NOT NULL
        );
        """,
        """
        CREATE TABLE node (
            url text PRIMARY KEY,
            seen timestamptz NOT NULL,
            leaving boolean NOT NULL
        );
        CREATE TABLE setting (
            name text PRIMARY KEY,
            value text NOT NULL
        );
        """,
        "ALTER TABLE invitation ADD COLUMN moves integer NOT NULL DEFAULT 0",
    ]

    /// Whoever migrates has this lock: "ra-relay" in ASCII.
    static let lock = "8241988231270295929"
    /// For all of it, and for the node that does it first: a new index on the tables of a large fleet takes minutes.
    private static let migrationPatience: Duration = .seconds(600)

    /// Brings the tables up to date, however many nodes do so at once.
    ///
    /// - Parameter last: the version to stop at.
    func migrate(upTo last: Int = migrations.count) throws(PostgresError) {
        // One connection for all of it: what another one did would be outside of the transaction.
        let connection = try link.current()
        let deadline = MonotonicClock.now() + Self.migrationPatience
        func run(_ statement: String) throws(PostgresError) -> PostgresRows { try connection.run(statement, until: deadline) }
        _ = try run("BEGIN")
        do {
            // Until the end of the transaction. The default patience of a lock is short; a migration may take a while.
            _ = try run("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(\(Self.lock))")
            _ = try run("CREATE TABLE IF NOT EXISTS ra_relay_version (version integer PRIMARY KEY)")
            let version = try run("SELECT coalesce(max(version), 0) FROM ra_relay_version").first.flatMap { Int($0) } ?? 0
            for number in version..<max(version, last) {
                _ = try run(Self.migrations[number])
                _ = try run("INSERT INTO ra_relay_version VALUES (\(number + 1))")
            }
            _ = try run("COMMIT")
        } catch {
            _ = try? run("ROLLBACK")
            throw error
        }
    }
}
