public import Foundation
public import Rendezvous

/// The bans as `ra-relay ban` sees them: it writes into the store, beside a relay that runs or does not, and each relay that has the
/// store reads them there.
public struct BanBook {
    private var store: any BanStore

    /// Opens the store of a relay that has been started.
    ///
    /// - Parameter state: the state directory, or the fleet's database; wins over the configuration's.
    public init(configuration: ServeConfiguration, state: String?) throws(ConfigurationError) {
        store = try StartedStore.open(configuration, state: state)
    }

    /// - Returns: the ban as it stands in the store.
    /// - Throws: a sentence, when there are too many.
    public mutating func add(_ subject: BanSubject, lasting time: Duration?, reason: String, now: Date) throws -> Ban {
        let now = Self.time(now)
        let ban = Ban(
            subject, added: now, expires: time.map { now.advanced(bySeconds: Int($0.components.seconds)) }, reason: reason)
        guard try store.add(ban, at: now) else {
            throw ConfigurationError("There are \(Ban.limit) bans, and no room for more: remove some, or ban a network in place of its addresses.")
        }
        // With whose name it is, which the store knows.
        return try store.bans(at: now).first { $0.subject == subject } ?? ban
    }

    /// - Returns: false when there was none.
    public mutating func remove(_ subject: BanSubject) throws -> Bool { try store.remove(subject) }

    public mutating func list(now: Date) throws -> [Ban] { try store.bans(at: Self.time(now)) }

    private static func time(_ date: Date) -> UnixTime { UnixTime(seconds: UInt64(max(date.timeIntervalSince1970, 0))) }
}
