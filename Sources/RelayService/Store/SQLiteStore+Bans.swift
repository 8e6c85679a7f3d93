import Foundation
import GRDB
import Rendezvous

// The bans, which `ra-relay ban` writes beside a running relay.
extension SQLiteStore {
    mutating func add(_ ban: Ban, at time: UnixTime) throws -> Bool {
        try database.write { database in
            try database.execute(sql: "DELETE FROM ban WHERE expires <= ?", arguments: [Int64(clamping: time.seconds)])
            let (kind, subject) = (ban.subject.kind.rawValue, ban.subject.text)
            let others = try Int.fetchOne(
                database, sql: "SELECT COUNT(*) FROM ban WHERE NOT (kind = ? AND subject = ?)", arguments: [kind, subject])
            guard others ?? 0 < banLimit else { return false }
            try database.execute(
                sql: """
                    INSERT INTO ban (kind, subject, added, expires, reason) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (kind, subject) DO UPDATE SET expires = excluded.expires, reason = excluded.reason
                    """,
                arguments: [
                    kind, subject, Int64(clamping: ban.added.seconds), ban.expires.map { Int64(clamping: $0.seconds) }, ban.reason,
                ])
            return true
        }
    }

    mutating func remove(_ subject: BanSubject) throws -> Bool {
        try database.write { database in
            try database.execute(
                sql: "DELETE FROM ban WHERE kind = ? AND subject = ?", arguments: [subject.kind.rawValue, subject.text])
            return database.changesCount == 1
        }
    }

    mutating func bans(at time: UnixTime) throws -> [Ban] {
        try database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT ban.*, person.key AS holder FROM ban LEFT JOIN person
                        ON ban.kind = 'person' AND person.name = ban.subject AND person.registered <= ban.added
                    WHERE expires IS NULL OR expires > ? ORDER BY kind, subject LIMIT ?
                    """,
                arguments: [Int64(clamping: time.seconds), banLimit]
            ).compactMap(Self.ban)
        }
    }

    /// nil for a row that a later version wrote and this one does not understand.
    private static func ban(_ row: Row) -> Ban? {
        guard let kind = (row["kind"] as String?).flatMap(BanSubject.Kind.init), let text = row["subject"] as String?,
            let subject = BanSubject(kind, text), let added = row["added"] as Int64?
        else { return nil }
        return Ban(
            subject, added: UnixTime(seconds: UInt64(clamping: added)),
            expires: (row["expires"] as Int64?).map { UnixTime(seconds: UInt64(clamping: $0)) },
            reason: row["reason"] as String? ?? "", holder: (row["holder"] as Data?).flatMap { PersonKey(Array($0)) })
    }
}
