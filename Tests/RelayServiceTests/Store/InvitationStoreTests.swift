@testable import RelayService
import Rendezvous
import Testing

@Suite("InvitationStore")
struct InvitationStoreTests {
    static let roomy = InvitationBounds(perSource: 100, total: 1000)

    static func invitation(
        _ lookup: String, source: String = "192.0.2.0", created: UInt64 = 1000, expires: UInt64 = 2000, uses: Int = 1, home: RelayURL? = nil
    ) throws -> StoredInvitation {
        StoredInvitation(
            lookup: try #require(Lookup(lookup)), label: "0123456789abcdef", ownerDigest: Array(0..<32), source: source,
            created: UnixTime(seconds: created), expires: UnixTime(seconds: expires), ceiling: .control, allowedUses: uses, home: home)
    }

    @Test("what was created is found as it was, once", arguments: StoreKind.allCases)
    func createAndFind(kind: StoreKind) throws {
        try kind.withStore { store in
            let made = try Self.invitation("ABC123", home: RelayURL("https://one.example.org"))
            #expect(try store.create(made, within: Self.roomy) == .created)
            #expect(try store.create(made, within: Self.roomy) == .taken)
            #expect(try store.find(made.lookup) == made)
            #expect(try store.find(Self.invitation("ABC124").lookup) == nil)
        }
    }

    @Test("a use is counted until there are no more", arguments: StoreKind.allCases)
    func uses(kind: StoreKind) throws {
        try kind.withStore { store in
            var made = try Self.invitation("ABC123", uses: 2)
            _ = try store.create(made, within: Self.roomy)
            let now = UnixTime(seconds: 1500)
            made.uses = 1
            #expect(try store.recordUse(made.lookup, at: now) == .counted(made))
            made.uses = 2
            #expect(try store.recordUse(made.lookup, at: now) == .counted(made))
            #expect(try store.recordUse(made.lookup, at: now) == .closed(.used))
            #expect(try store.recordUse(Self.invitation("ABC124").lookup, at: now) == .closed(.expired))
            #expect(try store.find(made.lookup)?.closedReason(at: now) == .used)
        }
    }

    @Test("an expired, burnt or revoked one cannot be used", arguments: StoreKind.allCases)
    func closed(kind: StoreKind) throws {
        try kind.withStore { store in
            let now = UnixTime(seconds: 1500)
            for (text, reason) in [("ABC121", ClosedReason.expired), ("ABC122", .burnt), ("ABC123", .revoked)] {
                let made = try Self.invitation(text, expires: reason == .expired ? 1500 : 2000)
                _ = try store.create(made, within: Self.roomy)
                if reason == .burnt { try store.burn(made.lookup) }
                if reason == .revoked { try store.revoke(made.lookup) }
                #expect(try store.recordUse(made.lookup, at: now) == .closed(reason))
                #expect(try store.find(made.lookup)?.closedReason(at: now) == reason)
            }
        }
    }

    @Test("it is extended, moves to another node, and is purged when it is over", arguments: StoreKind.allCases)
    func changes(kind: StoreKind) throws {
        try kind.withStore { store in
            var made = try Self.invitation("ABC123")
            _ = try store.create(made, within: Self.roomy)
            _ = try store.create(Self.invitation("ABC124"), within: Self.roomy)
            made.expires = UnixTime(seconds: 3000)
            let home = try #require(RelayURL(String("http://[2001:db8::1]:3478")))
            made.home = home
            try store.extend(made.lookup, to: made.expires)
            let late = try #require(RelayURL(String("https://late.example.org")))
            let homeless = try #require(try store.find(made.lookup))
            var moved = [try store.move(homeless, to: home)]
            made.moves = 1
            // A move that comes late takes it from nobody, and what is not there does not move.
            moved.append(try store.move(homeless, to: late))
            moved.append(try store.move(Self.invitation("ABC129"), to: late))
            #expect(moved == [true, false, false])
            #expect(try store.find(made.lookup) == made)
            let again = try store.move(made, to: late)
            #expect(again)
            (made.home, made.moves) = (late, 2)
            #expect(try store.find(made.lookup) == made)
            try store.purge(expiredAt: UnixTime(seconds: 2000))
            #expect(try store.find(made.lookup) == made)
            #expect(try store.find(try #require(Lookup("ABC124"))) == nil)
        }
    }

    @Test("a move that is made late changes nothing, also when the invitation is where it was, or never went", arguments: StoreKind.allCases)
    func lateMove(kind: StoreKind) throws {
        try kind.withStore { store in
            let here = try #require(RelayURL(String("https://here.example.org")))
            let there = try #require(RelayURL(String("https://there.example.org")))
            let late = try #require(RelayURL(String("https://late.example.org")))
            var made = try Self.invitation("ABC123")
            made.home = here
            _ = try store.create(made, within: Self.roomy)
            let found = try #require(try store.find(made.lookup))
            // From here to there and back again, while somebody else has looked before.
            var taken = [try store.move(found, to: there)]
            taken.append(try store.move(try #require(try store.find(made.lookup)), to: here))
            taken.append(try store.move(found, to: late))
            // It is said to be here once more.
            let before = try #require(try store.find(made.lookup))
            taken.append(try store.move(before, to: here))
            taken.append(try store.move(before, to: late))
            #expect(taken == [true, true, false, true, false])
            (made.home, made.moves) = (here, 3)
            #expect(try store.find(made.lookup) == made)
        }
    }

    @Test("a source has as many as it may have open, and what is over makes room", arguments: StoreKind.allCases)
    func boundOfSource(kind: StoreKind) throws {
        try kind.withStore { store in
            let bounds = InvitationBounds(perSource: 4, total: 1000)
            for (number, expires) in [(1, 2000), (2, 2000), (3, 2000), (4, 1400)] as [(Int, UInt64)] {
                #expect(try store.create(Self.invitation("ABC12\(number)", expires: expires), within: bounds) == .created)
            }
            #expect(try store.create(Self.invitation("ABC125"), within: bounds) == .sourceIsFull)
            #expect(try store.create(Self.invitation("ABC126", source: "198.51.100.0"), within: bounds) == .created)
            // At 1500 one has expired; one more is burnt, one revoked, one used.
            try store.burn(try #require(Lookup("ABC121")))
            try store.revoke(try #require(Lookup("ABC122")))
            _ = try store.recordUse(try #require(Lookup("ABC123")), at: UnixTime(seconds: 1200))
            for number in 1...4 {
                #expect(try store.create(Self.invitation("DEF12\(number)", created: 1500), within: bounds) == .created)
            }
            #expect(try store.create(Self.invitation("DEF125", created: 1500), within: bounds) == .sourceIsFull)
        }
    }

    @Test("there are as many as there may be in all, and a full store notices within a second that it is not", arguments: StoreKind.allCases)
    func boundOfAll(kind: StoreKind) throws {
        try kind.withStore { store in
            let bounds = InvitationBounds(perSource: 2, total: 3)
            for number in 1...3 {
                #expect(try store.create(Self.invitation("ABC12\(number)", source: "s\(number)"), within: bounds) == .created)
            }
            #expect(try store.create(Self.invitation("ABC124", source: "t"), within: bounds) == .storeIsFull)
            try store.revoke(try #require(Lookup("ABC121")))
            #expect(try store.create(Self.invitation("ABC125", source: "u", created: 1001), within: bounds) == .created)
            #expect(try store.create(Self.invitation("ABC126", source: "v", created: 1001), within: bounds) == .storeIsFull)
        }
    }
}
