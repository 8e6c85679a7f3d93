import Logging
import Rendezvous

/// A store that tells the log what its database throws, before the machine answers `unavailable`.
struct LoggedStore: InvitationStore {
    private var store: any InvitationStore
    private let logger: Logger
    /// Errors so far.
    private(set) var errors: UInt64 = 0

    init(_ store: any InvitationStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    private mutating func logged<Result>(_ work: (inout any InvitationStore) throws -> Result) throws -> Result {
        do { return try work(&store) } catch {
            errors &+= 1
            logger.error("the store failed", metadata: ["error": "\(error)"])
            throw error
        }
    }

    mutating func create(_ invitation: StoredInvitation) throws -> Bool { try logged { try $0.create(invitation) } }
    mutating func find(_ lookup: Lookup) throws -> StoredInvitation? { try logged { try $0.find(lookup) } }
    mutating func recordUse(_ lookup: Lookup, at time: UnixTime) throws -> StoredInvitation? {
        try logged { try $0.recordUse(lookup, at: time) }
    }
    mutating func burn(_ lookup: Lookup) throws { try logged { try $0.burn(lookup) } }
    mutating func revoke(_ lookup: Lookup) throws { try logged { try $0.revoke(lookup) } }
    mutating func extend(_ lookup: Lookup, to expires: UnixTime) throws {
        try logged { try $0.extend(lookup, to: expires) }
    }
    mutating func purge(expiredAt time: UnixTime) throws { try logged { try $0.purge(expiredAt: time) } }
    mutating func openCount(source: String?, at time: UnixTime) throws -> Int {
        try logged { try $0.openCount(source: source, at: time) }
    }
}
