import Foundation
import GRDB
import Rendezvous

/// The embedded store: one SQLite file in the state directory, readable by its owner alone.
///
/// Write-ahead logging keeps every committed invitation through a crash of the process. Nothing of
/// an invitation's secrets is ever in it.
struct SQLiteInvitationStore: InvitationStore {
    private let database: DatabaseQueue

    /// Opens the file, makes it when it is not there, and brings its tables up to date.
    init(path: String) throws {
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

    /// Each version of the tables, in order; a landed one is never changed.
    private static var migrations: DatabaseMigrator {
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
        return migrator
    }

    mutating func create(_ invitation: StoredInvitation) throws -> Bool {
        try database.write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO invitation
                        (lookup, label, ownerDigest, source, created, expires, ceiling, allowedUses, uses, state)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    invitation.lookup.text, invitation.label, Data(invitation.ownerDigest), invitation.source,
                    Int64(clamping: invitation.created.seconds), Int64(clamping: invitation.expires.seconds),
                    invitation.ceiling.rawValue, invitation.allowedUses, invitation.uses, invitation.state.rawValue,
                ])
            return database.changesCount == 1
        }
    }

    mutating func find(_ lookup: Lookup) throws -> StoredInvitation? {
        try database.read { try Self.find(lookup, in: $0) }
    }

    mutating func recordUse(_ lookup: Lookup, at time: UnixTime) throws -> StoredInvitation? {
        try database.write { database in
            try database.execute(
                sql: """
                    UPDATE invitation SET uses = uses + 1
                    WHERE lookup = ? AND state = ? AND expires > ? AND uses < allowedUses
                    """,
                arguments: [lookup.text, StoredInvitation.State.open.rawValue, Int64(clamping: time.seconds)])
            return database.changesCount == 1 ? try Self.find(lookup, in: database) : nil
        }
    }

    mutating func burn(_ lookup: Lookup) throws { try setState(.burnt, of: lookup) }

    mutating func revoke(_ lookup: Lookup) throws { try setState(.revoked, of: lookup) }

    mutating func extend(_ lookup: Lookup, to expires: UnixTime) throws {
        try database.write {
            try $0.execute(
                sql: "UPDATE invitation SET expires = ? WHERE lookup = ?",
                arguments: [Int64(clamping: expires.seconds), lookup.text])
        }
    }

    mutating func purge(expiredAt time: UnixTime) throws {
        try database.write {
            try $0.execute(
                sql: "DELETE FROM invitation WHERE expires <= ?", arguments: [Int64(clamping: time.seconds)])
        }
    }

    mutating func openCount(source: String?, at time: UnixTime) throws -> Int {
        let now = Int64(clamping: time.seconds)
        let state = StoredInvitation.State.open.rawValue
        return try database.read { database in
            if let source {
                return try Int.fetchOne(
                    database, sql: "SELECT COUNT(*) FROM invitation WHERE source = ? AND expires > ? AND state = ?",
                    arguments: [source, now, state]) ?? 0
            }
            return try Int.fetchOne(
                database, sql: "SELECT COUNT(*) FROM invitation WHERE expires > ? AND state = ?",
                arguments: [now, state]) ?? 0
        }
    }

    private func setState(_ state: StoredInvitation.State, of lookup: Lookup) throws {
        try database.write {
            try $0.execute(
                sql: "UPDATE invitation SET state = ? WHERE lookup = ?", arguments: [state.rawValue, lookup.text])
        }
    }

    /// nil, too, for a row that a later version wrote and this one does not understand.
    private static func find(_ lookup: Lookup, in database: Database) throws -> StoredInvitation? {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM invitation WHERE lookup = ?", arguments: [lookup.text]),
            let label = row["label"] as String?, let owner = row["ownerDigest"] as Data?,
            let source = row["source"] as String?, let created = row["created"] as Int64?,
            let expires = row["expires"] as Int64?, let ceiling = (row["ceiling"] as String?).flatMap(Ceiling.init),
            let allowedUses = row["allowedUses"] as Int?, let uses = row["uses"] as Int?,
            let state = (row["state"] as String?).flatMap(StoredInvitation.State.init)
        else { return nil }
        return StoredInvitation(
            lookup: lookup, label: label, ownerDigest: Array(owner), source: source,
            created: UnixTime(seconds: UInt64(clamping: created)), expires: UnixTime(seconds: UInt64(clamping: expires)),
            ceiling: ceiling, allowedUses: allowedUses, uses: uses, state: state)
    }
}
