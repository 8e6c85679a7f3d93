@testable import RelayService
import Rendezvous
import Testing

@Suite("The directory of people, gone through")
struct PeopleListingTests {
    @Test("every name comes once and in order, however few are read at a time", arguments: StoreKind.allCases.filter { $0 != .memory })
    func pages(kind: StoreKind) throws {
        try kind.withStore { store in
            var listing = try #require(store as? any PeopleListing)
            try goThrough(&listing)
        }
    }

    private func goThrough(_ store: inout any PeopleListing) throws {
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
