import GRDB

extension SQLiteStore {
    /// Each version of the tables, in order; a landed one is never changed.
    static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 invitations") { database in
            try database.execute(
                sql: """
                    CREATE TABLE invitation (
                        lookup TEXT PRIMARY KEY NOT NULL,
                        label TEXT NOT NULL,
                        ownerDigest BLOB NOT NULL,
                        source TEXT NOT NULL,
                        created INTEGER NOT NULL,
                        expires INTEGER NOT NULL,
                        ceiling TEXT NOT NULL,
                        allowedUses INTEGER NOT NULL,
                        uses INTEGER NOT NULL,
                        state TEXT NOT NULL
                    ) WITHOUT ROWID;
                    CREATE INDEX invitationBySource ON invitation (source, expires);
                    CREATE INDEX invitationByExpiry ON invitation (expires);
                    """)
        }
        migrator.registerMigration("2 bans") { database in
            try database.execute(
                sql: """
                    CREATE TABLE ban (
                        kind TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        added INTEGER NOT NULL,
                        expires INTEGER,
                        reason TEXT NOT NULL,
                        PRIMARY KEY (kind, subject)
                    ) WITHOUT ROWID;
                    """)
        }
        // What bounds count is in indexes of its own: a source's closed invitations are not to be gone through for each new one.
        migrator.registerMigration("3 homes and open invitations") { database in
            try database.execute(
                sql: """
                    ALTER TABLE invitation ADD COLUMN home TEXT;
                    DROP INDEX invitationBySource;
                    CREATE INDEX openInvitationBySource ON invitation (source, expires) WHERE state = 'open' AND uses < allowedUses;
                    CREATE INDEX openInvitationByExpiry ON invitation (expires) WHERE state = 'open' AND uses < allowedUses;
                    """)
        }
        migrator.registerMigration("4 people") { database in
            try database.execute(
                sql: """
                    CREATE TABLE person (
                        name TEXT PRIMARY KEY NOT NULL,
                        key BLOB NOT NULL,
                        registered INTEGER NOT NULL,
                        seen INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("5 moves of invitations") { database in
            try database.execute(sql: "ALTER TABLE invitation ADD COLUMN moves INTEGER NOT NULL DEFAULT 0")
        }
        return migrator
    }
}
