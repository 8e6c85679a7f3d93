import NetPrimitives

/// The addresses that one allocation relays for, each until its time is over (RFC 8656 §9).
///
/// A list, as there are a few: of one, it takes half of a dictionary's memory, and of up to sixty it is searched in less time.
struct PermissionTable: Sendable {
    /// An ICE agent asks for as many as its peer has candidates.
    static let limit = 128

    private struct Permission: Sendable {
        let ip: IPAddress
        var expiresAt: Instant
    }

    private var permissions: [Permission] = []

    var count: Int { permissions.count }
    var nextExpiry: Instant? { permissions.lazy.map(\.expiresAt).min() }

    func contains(_ ip: IPAddress, at now: Instant) -> Bool {
        guard let expiry = expiry(of: ip) else { return false }
        return expiry > now
    }

    /// When an address's permission ends or ended; nil when there is none.
    func expiry(of ip: IPAddress) -> Instant? { place(of: ip).map { permissions[$0].expiresAt } }

    /// Installs or refreshes all of them or, when there is no room, none.
    mutating func install(_ ips: some Sequence<IPAddress>, at now: Instant) -> Bool {
        if permissions.count + countMissing(ips) > Self.limit {
            removeExpired(at: now)
            guard permissions.count + countMissing(ips) <= Self.limit else { return false }
        }
        let expiry = now + RelayTimes.permission
        for ip in ips {
            if let place = place(of: ip) {
                permissions[place].expiresAt = expiry
            } else {
                permissions.append(Permission(ip: ip, expiresAt: expiry))
            }
        }
        return true
    }

    mutating func remove(_ family: IPAddress.Family) { permissions.removeAll { $0.ip.family == family } }
    mutating func removeExpired(at now: Instant) { permissions.removeAll { $0.expiresAt <= now } }

    private func place(of ip: IPAddress) -> Int? { permissions.firstIndex { $0.ip == ip } }

    private func countMissing(_ ips: some Sequence<IPAddress>) -> Int {
        Set(ips.lazy.filter { place(of: $0) == nil }).count
    }
}
