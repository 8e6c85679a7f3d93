import NetPrimitives

/// The addresses that one allocation relays for, each until its time is over (RFC 8656 §9).
struct PermissionTable: Sendable {
    /// An ICE agent asks for as many as its peer has candidates.
    static let limit = 128

    private var expiries: [IPAddress: Instant] = [:]

    var count: Int { expiries.count }
    var nextExpiry: Instant? { expiries.values.min() }

    func contains(_ ip: IPAddress, at now: Instant) -> Bool {
        guard let expiry = expiries[ip] else { return false }
        return expiry > now
    }

    /// When an address's permission ends or ended; nil when there is none.
    func expiry(of ip: IPAddress) -> Instant? { expiries[ip] }

    /// Installs or refreshes all of them or, when there is no room, none.
    mutating func install(_ ips: some Sequence<IPAddress>, at now: Instant) -> Bool {
        let fresh = Set(ips)
        if expiries.count + fresh.count > Self.limit {
            removeExpired(at: now)
            guard expiries.count + fresh.count(where: { expiries[$0] == nil }) <= Self.limit else { return false }
        }
        for ip in fresh { expiries[ip] = now + RelayTimes.permission }
        return true
    }

    mutating func remove(_ family: IPAddress.Family) { expiries = expiries.filter { $0.key.family != family } }

    mutating func removeExpired(at now: Instant) {
        guard expiries.values.contains(where: { $0 <= now }) else { return }
        expiries = expiries.filter { $0.value > now }
    }
}
