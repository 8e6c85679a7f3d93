import Foundation
import GRDB
import HostNetwork
import NetPrimitives
import Rendezvous

extension SQLiteStore {
    /// Seconds after which it is written down again that a person was seen.
    static let seenInterval: Int64 = 86_400

    /// Seconds that the number of names is good: there may be millions.
    static let countLifetime: UInt64 = 60

    mutating func register(_ person: Person, at time: UnixTime) throws -> Person {
        let now = Int64(clamping: time.seconds)
        let key = Data(person.key.bytes)
        let (owner, isNew) = try database.write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO person (name, key, registered, seen) VALUES (?, ?, ?, ?)",
                arguments: [person.name.text, key, now, now])
            let isNew = database.changesCount == 1
            if !isNew {
                try database.execute(
                    sql: "UPDATE person SET seen = ? WHERE name = ? AND key = ? AND seen <= ?",
                    arguments: [now, person.name.text, key, now - Self.seenInterval])
            }
            return (try Self.person(person.name, in: database) ?? person, isNew)
        }
        if isNew { peopleCount.add(1) }
        return owner
    }

    mutating func person(_ name: PersonName) throws -> Person? { try database.read { try Self.person(name, in: $0) } }

    mutating func forget(_ name: PersonName) throws -> Bool {
        let isGone = try database.write { database in
            try database.execute(sql: "DELETE FROM person WHERE name = ?", arguments: [name.text])
            return database.changesCount == 1
        }
        if isGone { peopleCount.add(-1) }
        return isGone
    }

    mutating func personCount() throws -> Int {
        try peopleCount.number(at: UInt64(clamping: MonotonicClock.now().nanoseconds / 1_000_000_000), keptFor: Self.countLifetime) {
            try database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM person") ?? 0 }
        }
    }

    private static func person(_ name: PersonName, in database: Database) throws -> Person? {
        let key = try Data.fetchOne(database, sql: "SELECT key FROM person WHERE name = ?", arguments: [name.text])
        return key.flatMap { PersonKey(Array($0)) }.map { Person(name: name, key: $0) }
    }
}
