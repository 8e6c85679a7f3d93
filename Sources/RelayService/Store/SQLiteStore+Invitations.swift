import Foundation
import GRDB
import Rendezvous

extension SQLiteStore {
    mutating func create(_ invitation: StoredInvitation, within bounds: InvitationBounds) throws -> InvitationCreation {
        let now = Int64(clamping: invitation.created.seconds)
        let creation: InvitationCreation = try database.write { database in
            let ofSource = try Int.fetchOne(
                database,
                sql: """
                    SELECT COUNT(*) FROM (SELECT 1 FROM invitation
                    WHERE source = ? AND expires > ? AND state = 'open' AND uses < allowedUses LIMIT ?)
                    """, arguments: [invitation.source, now, bounds.perSource]) ?? 0
            guard ofSource < bounds.perSource else { return .sourceIsFull }
            let hasRoom = try openCount.hasRoom(for: bounds.total, at: invitation.created.seconds) {
                try Int.fetchOne(
                    database,
                    sql: "SELECT COUNT(*) FROM invitation WHERE expires > ? AND state = 'open' AND uses < allowedUses",
                    arguments: [now]) ?? 0
            }
            guard hasRoom else { return .storeIsFull }
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO invitation
                        (lookup, label, ownerDigest, source, created, expires, ceiling, allowedUses, uses, state, home, moves)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    invitation.lookup.text, invitation.label, Data(invitation.ownerDigest), invitation.source, now,
                    Int64(clamping: invitation.expires.seconds), invitation.ceiling.rawValue, invitation.allowedUses,
                    invitation.uses, invitation.state.rawValue, invitation.home?.description, invitation.moves,
                ])
            return database.changesCount == 1 ? .created : .taken
        }
        if creation == .created { openCount.add(1) }
        return creation
    }

    mutating func find(_ lookup: Lookup) throws -> StoredInvitation? {
        try database.read { try Self.find(lookup, in: $0) }
    }

    mutating func recordUse(_ lookup: Lookup, at time: UnixTime) throws -> InvitationUse {
        try database.write { database in
            try database.execute(
                sql: """
                    UPDATE invitation SET uses = uses + 1
                    WHERE lookup = ? AND state = 'open' AND expires > ? AND uses < allowedUses
                    """,
                arguments: [lookup.text, Int64(clamping: time.seconds)])
            let counted = database.changesCount == 1
            guard let invitation = try Self.find(lookup, in: database) else { return .closed(.expired) }
            return counted ? .counted(invitation) : .closed(invitation.closedReason(at: time) ?? .expired)
        }
    }

    mutating func burn(_ lookup: Lookup) throws { try set("state", to: StoredInvitation.State.burnt.rawValue, of: lookup) }

    mutating func revoke(_ lookup: Lookup) throws { try set("state", to: StoredInvitation.State.revoked.rawValue, of: lookup) }

    mutating func extend(_ lookup: Lookup, to expires: UnixTime) throws {
        try set("expires", to: Int64(clamping: expires.seconds), of: lookup)
    }

    mutating func move(_ found: StoredInvitation, to home: RelayURL) throws -> Bool {
        try database.write { database in
            try database.execute(
                sql: "UPDATE invitation SET home = ?, moves = moves + 1 WHERE lookup = ? AND home IS ? AND moves = ?",
                arguments: [home.description, found.lookup.text, found.home?.description, found.moves])
            return database.changesCount == 1
        }
    }

    mutating func purge(expiredAt time: UnixTime) throws {
        try database.write {
            try $0.execute(
                sql: "DELETE FROM invitation WHERE expires <= ?", arguments: [Int64(clamping: time.seconds)])
        }
    }

    /// - Parameter column: one of ours, never what somebody has said.
    private func set(_ column: StaticString, to value: some DatabaseValueConvertible & Sendable, of lookup: Lookup) throws {
        try database.write {
            try $0.execute(sql: "UPDATE invitation SET \(column) = ? WHERE lookup = ?", arguments: [value, lookup.text])
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
            let allowedUses = row["allowedUses"] as Int?, let uses = row["uses"] as Int?, let moves = row["moves"] as Int?,
            let state = (row["state"] as String?).flatMap(StoredInvitation.State.init)
        else { return nil }
        return StoredInvitation(
            lookup: lookup, label: label, ownerDigest: Array(owner), source: source,
            created: UnixTime(seconds: UInt64(clamping: created)), expires: UnixTime(seconds: UInt64(clamping: expires)),
            ceiling: ceiling, allowedUses: allowedUses, uses: uses, state: state,
            home: (row["home"] as String?).flatMap { RelayURL($0) }, moves: moves)
    }
}
