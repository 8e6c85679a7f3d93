@testable import RelayService
import Rendezvous
import Testing

@Suite("PeopleStore")
struct PeopleStoreTests {
    static func person(_ name: String, _ byte: UInt8) throws -> Person {
        Person(name: try #require(PersonName(name)), key: try #require(PersonKey([UInt8](repeating: byte, count: PersonKey.size))))
    }

    @Test("a free name is given to whoever asks first, and stays theirs", arguments: StoreKind.allCases)
    func names(kind: StoreKind) throws {
        try kind.withStore { store in
            let (ann, other) = (try Self.person("ann", 1), try Self.person("ann", 2))
            #expect(try store.person(ann.name) == nil)
            #expect(try store.register(ann, at: UnixTime(seconds: 1000)) == ann)
            #expect(try store.register(other, at: UnixTime(seconds: 1001)) == ann)
            #expect(try store.register(ann, at: UnixTime(seconds: 100_000)) == ann)
            #expect(try store.person(ann.name) == ann)
        }
    }

    @Test("a name that is freed is the next one's, and names are counted", arguments: StoreKind.allCases)
    func freed(kind: StoreKind) throws {
        try kind.withStore { store in
            let (ann, other, bob) = (try Self.person("ann", 1), try Self.person("ann", 2), try Self.person("bob", 1))
            #expect(try store.personCount() == 0)
            _ = try store.register(ann, at: UnixTime(seconds: 1000))
            _ = try store.register(bob, at: UnixTime(seconds: 1000))
            _ = try store.register(bob, at: UnixTime(seconds: 1000))
            #expect(try store.personCount() == 2)
            #expect(try store.forget(ann.name))
            #expect(try !store.forget(ann.name))
            #expect(try store.personCount() == 1)
            #expect(try store.register(other, at: UnixTime(seconds: 1002)) == other)
        }
    }
}
