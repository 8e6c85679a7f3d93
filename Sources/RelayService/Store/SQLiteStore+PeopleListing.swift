import Foundation
import GRDB
import Rendezvous

extension SQLiteStore: PeopleListing {
    mutating func people(after name: PersonName?, limit: Int) throws -> [PersonRecord] {
        try database.read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT name, key, registered, seen FROM person WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [name?.text ?? "", limit])
            return rows.compactMap { row in
                let (text, bytes): (String, Data) = (row["name"], row["key"])
                guard let name = PersonName(text), let key = PersonKey(Array(bytes)) else { return nil }
                let (registered, seen): (Int64, Int64) = (row["registered"], row["seen"])
                return PersonRecord(
                    Person(name: name, key: key), registered: UnixTime(seconds: UInt64(clamping: registered)),
                    seen: UnixTime(seconds: UInt64(clamping: seen)))
            }
        }
    }
}
