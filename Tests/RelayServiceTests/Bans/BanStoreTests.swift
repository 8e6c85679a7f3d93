import Foundation
@testable import RelayService
import Rendezvous
import TestSupport
import Testing

/// The same suite runs over every store: what one does, all do.
@Suite("BanStore")
struct BanStoreTests {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("bans-\(UUID().uuidString)")

    func withStore(_ kind: StoreKind, limit: Int = Ban.limit, _ body: (inout any BanStore) throws -> Void) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var store: any BanStore =
            switch kind {
            case .memory: InMemoryBanStore(limit: limit)
            case .sqlite: try SQLiteStore(path: directory.appendingPathComponent("s.sqlite").path, banLimit: limit)
            case .postgresql: try StoreKind.postgres(banLimit: limit)
            }
        try body(&store)
    }

    func ban(_ subject: BanSubject, expires: UInt64? = nil, reason: String = "") -> Ban {
        Ban(subject, added: UnixTime(seconds: 1000), expires: expires.map(UnixTime.init(seconds:)), reason: reason)
    }

    @Test("what was added is listed as it was, in order, until it ends or is removed", arguments: StoreKind.allCases)
    func list(kind: StoreKind) throws {
        try withStore(kind) { store in
            let now = UnixTime(seconds: 1500)
            let alice = ban(try #require(BanSubject(user: "alice")), expires: 2000, reason: "floods")
            let bob = ban(try #require(BanSubject(user: "bob")))
            let network = ban(try BanSubject(address: "192.0.2.0/24"), expires: 1600)
            for one in [bob, alice, network] { #expect(try store.add(one, at: now)) }
            #expect(try store.bans(at: now) == [network, alice, bob])
            #expect(try store.bans(at: UnixTime(seconds: 1600)) == [alice, bob])
            #expect(try store.remove(bob.subject))
            #expect(try !store.remove(bob.subject))
            #expect(try store.bans(at: UnixTime(seconds: 5000)).isEmpty)
        }
    }

    @Test("people are kept by name and by key, and a name's ban says whose it was when it was made", arguments: StoreKind.allCases)
    func people(kind: StoreKind) throws {
        try kind.withStore { store in
            let now = UnixTime(seconds: 1500)
            let (carol, key) = (try #require(PersonName("carol")), try #require(PersonKey([UInt8](repeating: 7, count: PersonKey.size))))
            let bans = [ban(.key(KeyFingerprint(key))), ban(.person(carol), expires: 2000, reason: "rings"), ban(try #require(BanSubject(user: "carol")))]
            for one in bans { #expect(try store.add(one, at: now)) }
            #expect(try store.bans(at: now) == bans)
            // In the second of the ban.
            _ = try store.register(Person(name: carol, key: key), at: UnixTime(seconds: 1000))
            #expect(try store.bans(at: now).map(\.holder) == [nil, key, nil])
            // That they were seen later is no other registration.
            _ = try store.register(Person(name: carol, key: key), at: UnixTime(seconds: 1000 + 200_000))
            #expect(try store.bans(at: now).map(\.holder) == [nil, key, nil])
            #expect(try store.forget(carol))
            #expect(try store.bans(at: now) == bans)
            #expect(try store.remove(.person(carol)))
            #expect(try store.bans(at: now).map(\.subject.kind) == [.key, .user])
        }
    }

    @Test("who got a banned name after its ban is not whom it covers, also when the ban is given another end", arguments: StoreKind.allCases)
    func innocent(kind: StoreKind) throws {
        try kind.withStore { store in
            let carol = try #require(PersonName("carol"))
            let key = try #require(PersonKey([UInt8](repeating: 7, count: PersonKey.size)))
            #expect(try store.add(ban(.person(carol)), at: UnixTime(seconds: 1000)))
            _ = try store.register(Person(name: carol, key: key), at: UnixTime(seconds: 1001))
            #expect(try store.bans(at: UnixTime(seconds: 1500)) == [ban(.person(carol))])
            let longer = Ban(.person(carol), added: UnixTime(seconds: 1600), expires: UnixTime(seconds: 3000), reason: "still")
            #expect(try store.add(longer, at: UnixTime(seconds: 1600)))
            #expect(try store.bans(at: UnixTime(seconds: 1700)) == [ban(.person(carol), expires: 3000, reason: "still")])
            // A ban that is over is no older one of the same.
            #expect(try store.add(Ban(.person(carol), added: UnixTime(seconds: 4000)), at: UnixTime(seconds: 4000)))
            #expect(try store.bans(at: UnixTime(seconds: 4001)).map(\.holder) == [key])
        }
    }

    @Test("a second ban of the same gives the first its end and its reason", arguments: StoreKind.allCases)
    func again(kind: StoreKind) throws {
        try withStore(kind) { store in
            let now = UnixTime(seconds: 1500)
            let subject = try BanSubject(address: "2001:db8::1")
            #expect(try store.add(ban(subject, reason: "first"), at: now))
            let second = ban(subject, expires: 1700, reason: "second")
            #expect(try store.add(second, at: now))
            #expect(try store.bans(at: now) == [second])
        }
    }

    @Test("a user and an address of the same text are two", arguments: StoreKind.allCases)
    func kinds(kind: StoreKind) throws {
        try withStore(kind) { store in
            let now = UnixTime(seconds: 1500)
            let subjects = [try BanSubject(address: "192.0.2.7"), try #require(BanSubject(user: "192.0.2.7/32"))]
            for subject in subjects { #expect(try store.add(ban(subject), at: now)) }
            #expect(try store.bans(at: now).map(\.subject) == subjects)
        }
    }

    @Test("at the bound nothing is written but what is there already; what has ended makes room", arguments: StoreKind.allCases)
    func bound(kind: StoreKind) throws {
        try withStore(kind, limit: 3) { store in
            let now = UnixTime(seconds: 1500)
            let subjects = try (0..<3).map { try #require(BanSubject(user: "u\($0)")) }
            for (number, subject) in subjects.enumerated() {
                #expect(try store.add(ban(subject, expires: number == 0 ? 1600 : nil), at: now))
            }
            let more = try #require(BanSubject(user: "more"))
            #expect(try !store.add(ban(more), at: now))
            #expect(try store.add(ban(subjects[1], reason: "again"), at: now))
            #expect(try store.add(ban(more), at: UnixTime(seconds: 1600)))
        }
    }

    @Test("two who have the same file open see what the other writes")
    func twoPrograms() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("s.sqlite").path
        var (relay, command) = (try SQLiteStore(path: path), try SQLiteStore(path: path))
        let now = UnixTime(seconds: 1500)
        let alice = ban(try #require(BanSubject(user: "alice")))
        #expect(try command.add(alice, at: now))
        #expect(try relay.bans(at: now) == [alice])
        #expect(try command.remove(alice.subject))
        #expect(try relay.bans(at: now).isEmpty)
    }
}
