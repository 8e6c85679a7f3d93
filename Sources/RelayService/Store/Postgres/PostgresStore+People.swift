import HostNetwork
import NetPrimitives
import Rendezvous

extension PostgresStore {
    mutating func register(_ person: Person, at time: UnixTime) throws -> Person {
        let values = [person.name.text, Self.hex(person.key.bytes), Self.text(time)]
        let made = try link.run(
            """
            INSERT INTO person (name, key, registered, seen) VALUES ($1, decode($2, 'hex'), $3::bigint, $3::bigint)
            ON CONFLICT (name) DO NOTHING RETURNING 1
            """, values)
        guard made.rows.isEmpty else {
            peopleCount.add(1)
            return person
        }
        _ = try link.run(
            "UPDATE person SET seen = $3::bigint WHERE name = $1 AND key = decode($2, 'hex') AND seen <= $3::bigint - \(SQLiteStore.seenInterval)",
            values)
        return try self.person(person.name) ?? person
    }

    mutating func person(_ name: PersonName) throws -> Person? {
        try link.run("SELECT encode(key, 'hex') FROM person WHERE name = $1", [name.text]).first
            .flatMap(Self.bytes).flatMap { PersonKey($0) }.map { Person(name: name, key: $0) }
    }

    mutating func forget(_ name: PersonName) throws -> Bool {
        let isGone = try !link.run("DELETE FROM person WHERE name = $1 RETURNING 1", [name.text]).rows.isEmpty
        if isGone { peopleCount.add(-1) }
        return isGone
    }

    mutating func personCount() throws -> Int {
        let link = link
        let now = UInt64(clamping: MonotonicClock.now().nanoseconds / 1_000_000_000)
        return try peopleCount.number(at: now, keptFor: SQLiteStore.countLifetime) {
            Int(try link.run("SELECT count(*) FROM person").first ?? "") ?? 0
        }
    }
}
