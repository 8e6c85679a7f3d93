import Foundation
import NetPrimitives
import Relay
import Rendezvous

/// What a relay says of its bans when it is asked.
struct BanReport: Hashable, Sendable {
    var users = 0
    /// Addresses and blocks of them.
    var addresses = 0
    /// People's names, and keys: those that were named, and those of the names.
    var names = 0
    var keys = 0
    /// When the store was last read; nil: never, since it fails.
    var lastRead: Date?
    /// TCP connections that were open when a ban came to cover them.
    var connectionsClosed: UInt64 = 0
    /// TCP connections that were closed as they came.
    var connectionsRefused: UInt64 = 0
}

extension BanReport {
    init(_ watch: BanWatch, _ gate: BanGate) {
        let (bans, lastRead) = watch.now
        let counts = gate.counts
        self.init(
            users: bans.relay.users.count, addresses: bans.relay.addresses.count, names: bans.people.names.count,
            keys: bans.people.keys.count, lastRead: lastRead,
            connectionsClosed: counts.closed, connectionsRefused: counts.refused)
    }
}
