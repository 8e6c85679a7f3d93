import Foundation
@testable import RelayService
import Rendezvous
import Testing

@Suite("The directory of people, gone through")
struct PeopleListingTests {
    @Test("every name comes once and in order, however few are read at a time")
    func pages() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "people-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var store = try SQLiteStore(path: folder.appending(path: "relay.sqlite").path)
        let key = try #require(PersonKey([UInt8](repeating: 7, count: 32)))
        let names = (0..<25).map { "name\($0)" }
        for name in names {
            let person = Person(name: try #require(PersonName(name)), key: key)
            _ = try store.register(person, at: UnixTime(seconds: 1_795_000_000))
        }
        for limit in [1, 7, 100] {
            var found: [PersonRecord] = []
            while true {
                let page = try store.people(after: found.last?.person.name, limit: limit)
                if page.isEmpty { break }
                found += page
            }
            #expect(found.map(\.person.name.text) == names.sorted())
            #expect(found.allSatisfy { $0.person.key == key && $0.registered == $0.seen && $0.seen.seconds == 1_795_000_000 })
        }
    }
}
