import Foundation
@testable import RelayService
import Rendezvous
import Synchronization
import Testing

@Suite("PostgresStore", .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed: Tools/install-packages test"))
struct PostgresStoreTests {
    @Test("the tables of every earlier version are brought up to date, with what is in them", arguments: 0..<PostgresStore.migrations.count)
    func migration(from version: Int) throws {
        var store = PostgresStore(try PostgresServer.shared.get().makeDatabase())
        try store.migrate(upTo: version)
        if version >= 1 {
            _ = try store.link.run(
                """
                INSERT INTO invitation (lookup, label, owner_digest, source, created, expires, ceiling, allowed_uses, uses, state)
                VALUES ('ABC123', '0123456789abcdef', decode($1, 'hex'), '192.0.2.0', 1000, 2000, 'control', 1, 0, 'open')
                """, [PostgresStore.hex(Array(0..<32))])
        }
        try store.migrate()
        let expected = version >= 1 ? try InvitationStoreTests.invitation("ABC123") : nil
        #expect(try store.find(try #require(Lookup("ABC123"))) == expected)
        #expect(try store.personCount() == 0)
        // A release that knows fewer versions leaves them.
        try store.migrate(upTo: 1)
        #expect(try store.link.run("SELECT max(version) FROM ra_relay_version").first == "\(PostgresStore.migrations.count)")
    }

    @Test("nodes that start at once migrate once, and have one secret")
    func atOnce() throws {
        let url = try PostgresServer.shared.get().makeDatabase()
        let secrets = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            let store = PostgresStore(url)
            do {
                try store.migrate()
                let secret = try store.signingSecret(orElse: "secret \(number)")
                secrets.withLock { $0.append(secret) }
            } catch {
                Issue.record(error)
            }
        }
        #expect(secrets.withLock { $0.count } == 8)
        #expect(Set(secrets.withLock { $0 }).count == 1)
        #expect(try OpenedState.existingSecret(in: url) == secrets.withLock { $0.first })
    }

    @Test("a node that has to wait for another one's migration for longer than a statement may take waits, and has its tables")
    func longMigration() throws {
        let url = try PostgresServer.shared.get().makeDatabase()
        nonisolated(unsafe) let holder = try PostgresConnection(url)  // from the start of the thread on it is the thread's
        _ = try holder.run("SET statement_timeout = 0; SELECT pg_advisory_lock(\(PostgresStore.lock))")
        // As long as it sleeps in the database the lock is held.
        let held = Thread {
            for _ in 0..<3 { _ = try? holder.run("SELECT pg_sleep(2)") }
            _ = try? holder.run("SELECT pg_advisory_unlock(\(PostgresStore.lock))")
        }
        held.start()
        var store = PostgresStore(url)
        try store.migrate()
        #expect(try store.personCount() == 0)
    }

    @Test("a database without a relay has no secret")
    func noSecret() throws {
        let url = try PostgresServer.shared.get().makeDatabase()
        #expect(throws: ConfigurationError.self) { try OpenedState.existingSecret(in: url) }
    }

    @Test("a node knows those that live, for six seconds, and which of them are about to go")
    func nodes() throws {
        var store = try StoreKind.postgres()
        var other = store.another()
        let (one, two) = (try #require(RelayURL("https://one.example.org")), try #require(RelayURL("https://two.example.org:8443")))
        #expect(try store.beat(RelayNode(url: one)) == [RelayNode(url: one)])
        #expect(try other.beat(RelayNode(url: two)) == [RelayNode(url: two), RelayNode(url: one)])
        #expect(try store.beat(RelayNode(url: one)) == [RelayNode(url: one), RelayNode(url: two)])
        _ = try other.beat(RelayNode(url: two, isLeaving: true))
        #expect(try store.beat(RelayNode(url: one)).last == RelayNode(url: two, isLeaving: true))
        _ = try store.link.run("UPDATE node SET seen = seen - interval '6 seconds' WHERE url = $1", [two.description])
        #expect(try store.beat(RelayNode(url: one)) == [RelayNode(url: one)])
        _ = try other.beat(RelayNode(url: two))
        try other.remove(two)
        #expect(try store.beat(RelayNode(url: one)) == [RelayNode(url: one)])
        // What has not been heard of for a day is forgotten.
        _ = try other.beat(RelayNode(url: two))
        _ = try store.link.run("UPDATE node SET seen = seen - interval '2 days' WHERE url = $1", [two.description])
        _ = try store.beat(RelayNode(url: one))
        #expect(try store.link.run("SELECT url FROM node").rows == [[one.description]])
    }

    @Test("who was seen is written down once a day")
    func seen() throws {
        var store = try StoreKind.postgres()
        let ann = try PeopleStoreTests.person("ann", 1)
        for (time, expected) in [(1000, "1000"), (80_000, "1000"), (87_400, "87400")] as [(UInt64, String)] {
            _ = try store.register(ann, at: UnixTime(seconds: time))
            #expect(try store.link.run("SELECT seen FROM person").first == expected)
        }
    }

    @Test("of two that make an invitation under one look-up at once, or use it, one does")
    func races() throws {
        let store = try StoreKind.postgres()
        let made = try InvitationStoreTests.invitation("ABC123")
        let creations = Mutex<[InvitationCreation]>([])
        let uses = Mutex<[InvitationUse]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            var store = store.another()
            do {
                let creation = try store.create(made, within: InvitationStoreTests.roomy)
                creations.withLock { $0.append(creation) }
                let use = try store.recordUse(made.lookup, at: UnixTime(seconds: 1500))
                uses.withLock { $0.append(use) }
            } catch {
                Issue.record(error)
            }
        }
        #expect(creations.withLock { $0.count { $0 == .created } } == 1 && creations.withLock { $0.count { $0 == .taken } } == 7)
        #expect(uses.withLock { $0.count { $0 == .closed(.used) } } == 7)
    }

    @Test("while the database is away every call fails at once, and nothing is lost when it is back")
    func outage() throws {
        let server = try PostgresServer()
        var store = PostgresStore(try server.makeDatabase())
        try store.migrate()
        let made = try InvitationStoreTests.invitation("ABC123")
        _ = try store.create(made, within: InvitationStoreTests.roomy)
        server.stop()
        // The first of them notices; those after it do not even try for a while.
        for _ in 0..<1000 { #expect(throws: PostgresError.self) { try store.find(made.lookup) } }
        try server.start()
        let deadline = ContinuousClock.now + .seconds(30)
        var found: StoredInvitation?
        while found == nil, ContinuousClock.now < deadline { found = try? store.find(made.lookup) }
        #expect(found == made)
        server.stop(forGood: true)
    }

    @Test("a database that accepts and says nothing holds nobody up for longer than a few seconds")
    func silence() throws {
        let folder = TemporaryFolder()
        // A socket that listens, and that nobody answers at.
        let descriptor = try UnixSocket.listen(at: folder.path + "/.s.PGSQL.5432")
        defer { close(descriptor) }
        let url = try #require(PostgresURL("postgres:///any?host=\(folder.path)&user=ra"))
        #expect(throws: PostgresError.away("it does not answer")) { try PostgresConnection(url) }
    }

    @Test("of several hosts one that is silent keeps nobody from the next, which is the first one from then on")
    func hosts() throws {
        let folder = TemporaryFolder()
        let descriptor = try UnixSocket.listen(at: folder.path + "/.s.PGSQL.5432")
        defer { close(descriptor) }
        let text = try PostgresServer.shared.get().text("postgres").replacing("host=", with: "host=\(folder.path),")
        let url = try #require(PostgresURL(text))
        #expect(url.places.count == 2)
        let connection = try PostgresConnection(url)
        #expect(connection.place == 1)
        #expect(try connection.run("SELECT 1").first == "1")
        #expect(try PostgresConnection(url, beginningWith: 1).place == 1)
    }

    @Test("what is refused is told with its reason, and the connection goes on")
    func refused() throws {
        let store = try StoreKind.postgres()
        #expect(throws: PostgresError.refused(state: "42P01", #"relation "nowhere" does not exist"#)) { try store.link.run("SELECT * FROM nowhere") }
        #expect(try store.link.run("SELECT $1, $2", ["é'\\\n", nil]).rows == [["é'\\\n", nil]])
    }
}

@Suite("PostgresURL")
struct PostgresURLTests {
    @Test("a database's address tells nobody what is in it, right or wrong")
    func secrets() throws {
        let url = try #require(PostgresURL("postgresql://ra:hunter2@127.0.0.1:1/fleet"))
        #expect(!"\(url)\(String(reflecting: url))".contains("hunter2"))
        do {
            _ = try PostgresConnection(url)
            Issue.record("nobody listens at port 1")
        } catch {
            #expect(!"\(error)".contains("hunter2"))
        }
        for wrong in ["postgres://ra:hunter2@[::1/fleet", "postgres://ra:hunter2@host/fleet?nonsense=1", "mysql://ra:hunter2@host/fleet"] {
            #expect(PostgresURL(wrong) == nil)
            var configuration = ServeConfiguration()
            configuration.stateDirectory = wrong
            do {
                try configuration.validate()
                Issue.record("taken: \(wrong)")
            } catch {
                #expect("\(error)".contains("state:") && !"\(error)".contains("hunter2"))
            }
        }
        #expect(PostgresURL("/var/lib/ra-relay") == nil)
    }

    @Test("each host of an address is a place of its own, with its port; what only libpq can tell is one place")
    func places() throws {
        func places(_ text: String) throws -> [String] {
            try #require(PostgresURL(text)).places.map { $0.parameters.map { "\($0.0)=\($0.1)" }.joined(separator: " ") }
        }
        #expect(try places("postgres://ra@db1,db2/fleet") == ["host=db1 port=5432", "host=db2 port=5432"])
        #expect(try places("postgres://ra@db1:1,[2001:db8::1]:2/fleet") == ["host=db1 port=1", "host=2001:db8::1 port=2"])
        #expect(try places("postgres://ra@/fleet?host=/a,/b&port=7") == ["host=/a port=7", "host=/b port=7"])
        for single in ["postgres://ra@db1/fleet", "postgres:///fleet", "postgres://ra@db1,/fleet", "postgres://ra@db1:1,db2:2,db3/f?port=1,2"] {
            #expect(try places(single) == [""], "\(single)")
        }
    }

    @Test("hexadecimal digits are read back, and nothing else is")
    func hexadecimal() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(PostgresStore.bytes(PostgresStore.hex(bytes)) == bytes)
        for wrong in ["0", "0g", "AB", "é"] { #expect(PostgresStore.bytes(wrong) == nil) }
    }
}
