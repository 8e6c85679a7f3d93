import Rendezvous

// The bans, which `ra-relay ban` writes and every node reads.
extension PostgresStore {
    mutating func add(_ ban: Ban, at time: UnixTime) throws -> Bool {
        _ = try link.run("DELETE FROM ban WHERE expires <= $1::bigint", [Self.text(time)])
        let written = try link.run(
            """
            INSERT INTO ban (kind, subject, added, expires, reason)
            SELECT $1, $2, $3::bigint, $4::bigint, $5
            WHERE (SELECT count(*) FROM ban WHERE NOT (kind = $1 AND subject = $2)) < $6::bigint
            ON CONFLICT (kind, subject) DO UPDATE SET expires = excluded.expires, reason = excluded.reason
            RETURNING 1
            """,
            [
                ban.subject.kind.rawValue, ban.subject.text, Self.text(ban.added), ban.expires.map(Self.text), ban.reason, "\(banLimit)",
            ])
        return !written.rows.isEmpty
    }

    mutating func remove(_ subject: BanSubject) throws -> Bool {
        try !link.run("DELETE FROM ban WHERE kind = $1 AND subject = $2 RETURNING 1", [subject.kind.rawValue, subject.text]).rows.isEmpty
    }

    mutating func bans(at time: UnixTime) throws -> [Ban] {
        try link.run(
            """
            SELECT kind, subject, added, expires, reason, encode(person.key, 'hex')
            FROM ban LEFT JOIN person ON kind = 'person' AND person.name = subject COLLATE "C" AND person.registered <= ban.added
            WHERE expires IS NULL OR expires > $1::bigint
            ORDER BY kind COLLATE "C", subject COLLATE "C" LIMIT $2::bigint
            """, [Self.text(time), "\(banLimit)"]
        ).rows.compactMap(Self.ban)
    }

    /// nil for a row that a later version wrote and this one does not understand.
    private static func ban(_ row: [String?]) -> Ban? {
        guard row.count == 6, let kind = row[0].flatMap(BanSubject.Kind.init), let subject = row[1].flatMap({ BanSubject(kind, $0) }),
            let added = time(row[2])
        else { return nil }
        return Ban(subject, added: added, expires: time(row[3]), reason: row[4] ?? "", holder: row[5].flatMap(bytes).flatMap { PersonKey($0) })
    }
}
