import Foundation
import GRDB
@testable import RelayService
import Rendezvous
import Testing

@Suite("SQLiteStore")
struct SQLiteStoreTests {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("sqlite-\(UUID().uuidString)")
    var path: String { directory.appendingPathComponent("s.sqlite").path }

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    @Test("the file outlives the store, and its owner alone reads it")
    func persistence() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let made = try InvitationStoreTests.invitation("ABC123")
        do {
            var store = try SQLiteStore(path: path)
            _ = try store.create(made, within: InvitationStoreTests.roomy)
        }
        var again = try SQLiteStore(path: path)
        #expect(try again.find(made.lookup) == made)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("the file of every earlier version is brought up to date, with what is in it", arguments: SQLiteStore.migrations.migrations)
    func migration(from version: String) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        do {
            let old = try DatabaseQueue(path: path)
            try SQLiteStore.migrations.migrate(old, upTo: version)
            try old.write {
                try $0.execute(
                    sql: """
                        INSERT INTO invitation (lookup, label, ownerDigest, source, created, expires, ceiling, allowedUses, uses, state)
                        VALUES ('ABC123', '0123456789abcdef', ?, '192.0.2.0', 1000, 2000, 'control', 1, 0, 'open')
                        """, arguments: [Data(0..<32)])
            }
        }
        var store = try SQLiteStore(path: path)
        #expect(try store.find(try #require(Lookup("ABC123"))) == InvitationStoreTests.invitation("ABC123"))
        #expect(try store.personCount() == 0)
    }

    @Test("who was seen is written down once a day")
    func seen() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        var store = try SQLiteStore(path: path)
        let ann = try PeopleStoreTests.person("ann", 1)
        for (time, expected) in [(1000, 1000), (80_000, 1000), (87_400, 87_400)] as [(UInt64, Int)] {
            _ = try store.register(ann, at: UnixTime(seconds: time))
            #expect(try store.database.read { try Int.fetchOne($0, sql: "SELECT seen FROM person") } == expected)
        }
    }
}
