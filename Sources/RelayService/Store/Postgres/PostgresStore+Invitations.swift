import Rendezvous

extension PostgresStore {
    private static let columns =
        "label, encode(owner_digest, 'hex'), source, created, expires, ceiling, allowed_uses, uses, state, home, moves"

    mutating func create(_ invitation: StoredInvitation, within bounds: InvitationBounds) throws -> InvitationCreation {
        let link = link
        let now = Self.text(invitation.created)
        let hasRoom = try openCount.hasRoom(for: bounds.total, at: invitation.created.seconds) {
            Int(
                try link.run(
                    "SELECT count(*) FROM invitation WHERE expires > $1::bigint AND state = 'open' AND uses < allowed_uses", [now]
                ).first ?? "") ?? 0
        }
        guard hasRoom else { return .storeIsFull }
        let answer = try link.run(
            """
            WITH open AS (
                SELECT count(*) AS number FROM (
                    SELECT 1 FROM invitation
                    WHERE source = $4 AND expires > $5::bigint AND state = 'open' AND uses < allowed_uses LIMIT $12::bigint
                ) AS found
            ), made AS (
                INSERT INTO invitation (lookup, label, owner_digest, source, created, expires, ceiling, allowed_uses, uses, state, home, moves)
                SELECT $1, $2, decode($3, 'hex'), $4, $5::bigint, $6::bigint, $7, $8::integer, $9::integer, $10, $11, $13::integer
                FROM open WHERE number < $12::bigint
                ON CONFLICT (lookup) DO NOTHING
                RETURNING 1
            )
            SELECT number < $12::bigint, (SELECT count(*) FROM made) FROM open
            """,
            [
                invitation.lookup.text, invitation.label, Self.hex(invitation.ownerDigest), invitation.source, now,
                Self.text(invitation.expires), invitation.ceiling.rawValue, "\(invitation.allowedUses)", "\(invitation.uses)",
                invitation.state.rawValue, invitation.home?.description, "\(bounds.perSource)", "\(invitation.moves)",
            ])
        guard let row = answer.rows.first, row.count == 2 else { throw PostgresError.unexpected }
        guard row[0] == "t" else { return .sourceIsFull }
        guard row[1] == "1" else { return .taken }
        openCount.add(1)
        return .created
    }

    mutating func find(_ lookup: Lookup) throws -> StoredInvitation? {
        Self.invitation(lookup, try link.run("SELECT \(Self.columns) FROM invitation WHERE lookup = $1", [lookup.text]))
    }

    mutating func recordUse(_ lookup: Lookup, at time: UnixTime) throws -> InvitationUse {
        let counted = try link.run(
            """
            UPDATE invitation SET uses = uses + 1
            WHERE lookup = $1 AND state = 'open' AND expires > $2::bigint AND uses < allowed_uses RETURNING \(Self.columns)
            """, [lookup.text, Self.text(time)])
        if let invitation = Self.invitation(lookup, counted) { return .counted(invitation) }
        return .closed(try find(lookup)?.closedReason(at: time) ?? .expired)
    }

    mutating func burn(_ lookup: Lookup) throws { try set("state = 'burnt'", lookup) }

    mutating func revoke(_ lookup: Lookup) throws { try set("state = 'revoked'", lookup) }

    mutating func extend(_ lookup: Lookup, to expires: UnixTime) throws { try set("expires = $2::bigint", lookup, Self.text(expires)) }

    mutating func move(_ found: StoredInvitation, to home: RelayURL) throws -> Bool {
        let moved = try link.run(
            """
            UPDATE invitation SET home = $3, moves = moves + 1
            WHERE lookup = $1 AND home IS NOT DISTINCT FROM $2::text AND moves = $4::integer RETURNING 1
            """, [found.lookup.text, found.home?.description, home.description, "\(found.moves)"])
        return moved.first == "1"
    }

    mutating func purge(expiredAt time: UnixTime) throws {
        // Every node does so: those that come second find nothing, and wait for nobody.
        _ = try link.run(
            """
            DELETE FROM invitation WHERE lookup IN (
                SELECT lookup FROM invitation WHERE expires <= $1::bigint LIMIT 10000 FOR UPDATE SKIP LOCKED)
            """, [Self.text(time)])
    }

    /// - Parameter change: ours, never what somebody has said.
    private func set(_ change: StaticString, _ lookup: Lookup, _ value: String? = nil) throws {
        _ = try link.run("UPDATE invitation SET \(change) WHERE lookup = $1", [lookup.text] + (value.map { [$0] } ?? []))
    }

    static func text(_ time: UnixTime) -> String { "\(Int64(clamping: time.seconds))" }

    static func hex(_ bytes: [UInt8]) -> String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

    /// What `encode(…, 'hex')` gives; nil for anything else.
    static func bytes(_ hex: String) -> [UInt8]? {
        let digits = hex.utf8.map { (0x30...0x39).contains($0) ? $0 - 0x30 : (0x61...0x66).contains($0) ? $0 - 0x61 + 10 : 16 }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 < 16 }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    static func time(_ text: String?) -> UnixTime? { text.flatMap { Int64($0) }.map { UnixTime(seconds: UInt64(clamping: $0)) } }

    /// nil, too, for a row that a later version wrote and this one does not understand.
    private static func invitation(_ lookup: Lookup, _ answer: PostgresRows) -> StoredInvitation? {
        guard let row = answer.rows.first, row.count == 11, let label = row[0], let owner = row[1].flatMap(bytes),
            let source = row[2], let created = time(row[3]), let expires = time(row[4]), let ceiling = row[5].flatMap(Ceiling.init),
            let allowedUses = row[6].flatMap({ Int($0) }), let uses = row[7].flatMap({ Int($0) }),
            let state = row[8].flatMap(StoredInvitation.State.init), let moves = row[10].flatMap({ Int($0) })
        else { return nil }
        return StoredInvitation(
            lookup: lookup, label: label, ownerDigest: owner, source: source, created: created, expires: expires, ceiling: ceiling,
            allowedUses: allowedUses, uses: uses, state: state, home: row[9].flatMap { RelayURL($0) }, moves: moves)
    }
}
