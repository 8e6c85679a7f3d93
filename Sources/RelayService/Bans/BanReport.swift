import Foundation
import NetPrimitives
import Relay

/// What a relay says of its bans when it is asked.
struct BanReport: Hashable, Sendable {
    var users = 0
    /// Addresses and blocks of them.
    var addresses = 0
    /// When the store was last read; nil: never, since it fails.
    var lastRead: Date?
    /// TCP connections that were open when a ban came to cover them.
    var connectionsClosed: UInt64 = 0
    /// TCP connections that were closed as they came.
    var connectionsRefused: UInt64 = 0
}

extension BanReport {
    init(_ watch: BanWatch, _ gate: BanGate) {
        let (rules, lastRead) = watch.now
        let counts = gate.counts
        self.init(
            users: rules.users.count, addresses: rules.addresses.count, lastRead: lastRead,
            connectionsClosed: counts.closed, connectionsRefused: counts.refused)
    }
}
