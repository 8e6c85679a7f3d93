import Rendezvous

extension PostgresStore: PeopleListing {
    mutating func people(after name: PersonName?, limit: Int) throws -> [PersonRecord] {
        // By bytes, as names are compared where there is no language.
        try link.run(
            """
            SELECT name, encode(key, 'hex'), registered, seen FROM person WHERE name COLLATE "C" > $1 ORDER BY name COLLATE "C" LIMIT $2::bigint
            """, [name?.text ?? "", "\(limit)"]
        ).rows.compactMap { row in
            guard row.count == 4, let name = row[0].flatMap({ PersonName($0) }), let key = row[1].flatMap(Self.bytes).flatMap({ PersonKey($0) }),
                let registered = Self.time(row[2]), let seen = Self.time(row[3])
            else { return nil }
            return PersonRecord(Person(name: name, key: key), registered: registered, seen: seen)
        }
    }
}
