import Foundation
@testable import RelayService
import Rendezvous
import Testing

/// The stores that a relay may have: the same suite runs over each, for what one does, all do.
enum StoreKind: CaseIterable, Sendable, CustomTestStringConvertible {
    case memory, sqlite, postgresql

    /// PostgreSQL where it is installed; `PostgresStoreTests` says where it is not.
    static var allCases: [StoreKind] { [.memory, .sqlite] + (PostgresServer.isInstalled ? [.postgresql] : []) }

    var testDescription: String { "\(self)" }

    /// One in a new database, with its tables.
    static func postgres(banLimit: Int = Ban.limit) throws -> PostgresStore {
        let store = PostgresStore(try PostgresServer.shared.get().makeDatabase(), banLimit: banLimit)
        try store.migrate()
        return store
    }

    /// Runs `body` with an empty store.
    func withStore(_ body: (inout any RelayStore) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var store: any RelayStore =
            switch self {
            case .memory: InMemoryStore()
            case .sqlite: try SQLiteStore(path: directory.appendingPathComponent("s.sqlite").path)
            case .postgresql: try Self.postgres()
            }
        try body(&store)
    }
}

/// What the machines' own tests use, all of it together.
struct InMemoryStore: RelayStore {
    private var invitations = InMemoryInvitationStore()
    private var people = InMemoryPeopleStore()
    private var bans = InMemoryBanStore()

    mutating func create(_ invitation: StoredInvitation, within bounds: InvitationBounds) -> InvitationCreation {
        invitations.create(invitation, within: bounds)
    }
    func find(_ lookup: Lookup) -> StoredInvitation? { invitations.find(lookup) }
    mutating func recordUse(_ lookup: Lookup, at time: UnixTime) -> InvitationUse { invitations.recordUse(lookup, at: time) }
    mutating func burn(_ lookup: Lookup) { invitations.burn(lookup) }
    mutating func revoke(_ lookup: Lookup) { invitations.revoke(lookup) }
    mutating func extend(_ lookup: Lookup, to expires: UnixTime) { invitations.extend(lookup, to: expires) }
    mutating func move(_ found: StoredInvitation, to home: RelayURL) -> Bool { invitations.move(found, to: home) }
    mutating func purge(expiredAt time: UnixTime) { invitations.purge(expiredAt: time) }

    mutating func register(_ person: Person, at time: UnixTime) -> Person { people.register(person, at: time) }
    func person(_ name: PersonName) -> Person? { people.person(name) }
    mutating func forget(_ name: PersonName) -> Bool { people.forget(name) }
    func personCount() -> Int { people.personCount() }

    mutating func add(_ ban: Ban, at time: UnixTime) -> Bool { bans.add(ban, at: time) }
    mutating func remove(_ subject: BanSubject) -> Bool { bans.remove(subject) }
    func bans(at time: UnixTime) -> [Ban] {
        bans.bans(at: time).map { ban in
            guard case .person(let name) = ban.subject else { return ban }
            return Ban(
                ban.subject, added: ban.added, expires: ban.expires, reason: ban.reason, holder: people.person(name, since: ban.added)?.key)
        }
    }

    func beat(_ node: RelayNode) -> [RelayNode] { [node] }
    func remove(_ node: RelayURL) {}
}
