import Foundation
@testable import RelayService
import Rendezvous
import Testing

/// The same suite runs over every store: what one does, all do.
@Suite("InvitationStore")
struct InvitationStoreTests {
    enum Kind: CaseIterable { case memory, sqlite }

    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")

    func withStore(_ kind: Kind, _ body: (inout any InvitationStore) throws -> Void) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var store: any InvitationStore =
            switch kind {
            case .memory: InMemoryInvitationStore()
            case .sqlite: try SQLiteInvitationStore(path: directory.appendingPathComponent("s.sqlite").path)
            }
        try body(&store)
    }

    func invitation(_ lookup: String, source: String = "192.0.2.0", expires: UInt64 = 2000, uses: Int = 1) throws -> StoredInvitation {
        StoredInvitation(
            lookup: try #require(Lookup(lookup)), label: "0123456789abcdef", ownerDigest: Array(0..<32), source: source,
            created: UnixTime(seconds: 1000), expires: UnixTime(seconds: expires), ceiling: .control, allowedUses: uses)
    }

    @Test("what was created is found as it was, once", arguments: Kind.allCases)
    func createAndFind(kind: Kind) throws {
        try withStore(kind) { store in
            let made = try invitation("ABC123")
            #expect(try store.create(made))
            #expect(try !store.create(made))
            #expect(try store.find(made.lookup) == made)
            #expect(try store.find(invitation("ABC124").lookup) == nil)
        }
    }

    @Test("a use is counted until there are no more", arguments: Kind.allCases)
    func uses(kind: Kind) throws {
        try withStore(kind) { store in
            let made = try invitation("ABC123", uses: 2)
            _ = try store.create(made)
            let now = UnixTime(seconds: 1500)
            #expect(try store.recordUse(made.lookup, at: now)?.uses == 1)
            #expect(try store.recordUse(made.lookup, at: now)?.uses == 2)
            #expect(try store.recordUse(made.lookup, at: now) == nil)
            #expect(try store.find(made.lookup)?.closedReason(at: now) == .used)
        }
    }

    @Test("an expired, burnt or revoked one cannot be used", arguments: Kind.allCases)
    func closed(kind: Kind) throws {
        try withStore(kind) { store in
            let now = UnixTime(seconds: 1500)
            for (text, close) in [("ABC121", 0), ("ABC122", 1), ("ABC123", 2)] {
                let made = try invitation(text, expires: close == 0 ? 1500 : 2000)
                _ = try store.create(made)
                if close == 1 { try store.burn(made.lookup) }
                if close == 2 { try store.revoke(made.lookup) }
                #expect(try store.recordUse(made.lookup, at: now) == nil)
                let reason: ClosedReason = close == 0 ? .expired : close == 1 ? .burnt : .revoked
                #expect(try store.find(made.lookup)?.closedReason(at: now) == reason)
            }
        }
    }

    @Test("open ones are counted by source, and expired ones purged", arguments: Kind.allCases)
    func counting(kind: Kind) throws {
        try withStore(kind) { store in
            _ = try store.create(invitation("ABC121"))
            _ = try store.create(invitation("ABC122", source: "198.51.100.0"))
            _ = try store.create(invitation("ABC123", expires: 1400))
            let now = UnixTime(seconds: 1500)
            #expect(try store.openCount(source: nil, at: now) == 2)
            #expect(try store.openCount(source: "192.0.2.0", at: now) == 1)
            try store.extend(try #require(Lookup("ABC123")), to: UnixTime(seconds: 3000))
            #expect(try store.openCount(source: nil, at: now) == 3)
            try store.purge(expiredAt: UnixTime(seconds: 2000))
            #expect(try store.find(try #require(Lookup("ABC121"))) == nil)
            #expect(try store.openCount(source: nil, at: now) == 1)
        }
    }

    @Test("the file outlives the store, and its owner alone reads it")
    func persistence() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("s.sqlite").path
        let made = try invitation("ABC123")
        do {
            var store = try SQLiteInvitationStore(path: path)
            _ = try store.create(made)
        }
        var again = try SQLiteInvitationStore(path: path)
        #expect(try again.find(made.lookup) == made)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}

@Suite("StateDirectory")
struct StateDirectoryTests {
    @Test("it is made for its owner alone, and keeps one secret")
    func made() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try StateDirectory(configured: path).secret()
        #expect(first.utf8.count == 64)
        #expect(try StateDirectory(configured: path).secret() == first)
        func mode(_ file: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        }
        #expect(try mode(path) == 0o700)
        #expect(try mode(path + "/auth-secret") == 0o600)
    }

    @Test("without a setting the environment decides, systemd's first", arguments: [
        (["STATE_DIRECTORY": "s", "XDG_STATE_HOME": "x", "HOME": "h"], "s"), (["XDG_STATE_HOME": "x", "HOME": "h"], "x/ra-relay"),
        (["HOME": "h"], "h/.local/state/ra-relay"),
    ])
    func environment(variables: [String: String], expected: String) throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: base) }
        let state = try StateDirectory(configured: nil, environment: variables.mapValues { "\(base)/\($0)" })
        #expect(state.path == "\(base)/\(expected)")
    }
}
