import NetPrimitives
import Relay
import Synchronization
import TURN

/// What all workers of a process share: who has which relayed address, quotas, the rate of the unproven.
final class PortDirectory: Sendable {
    /// Where a relayed address lives.
    struct Place: Hashable, Sendable {
        let worker: Int
        let port: RelayedPort
    }

    private struct State: ~Copyable {
        var places: [TransportAddress: Place?] = [:]
        var reservations = Reservations<HeldPort>()
        var connections = ConnectionRegistry()
        var quotas: QuotaLedger
        var limiter: UnprovenRateLimiter
    }

    private let state: Mutex<State>

    init(quotas: QuotaLedger.Limits, unprovenRate: Int) {
        let seed = UInt64.random(in: .min ... .max)
        state = Mutex(
            State(
                quotas: QuotaLedger(limits: quotas), limiter: UnprovenRateLimiter(limit: unprovenRate, seed: seed)))
    }

    // MARK: Addresses

    /// Marks an address as somebody's before a socket is opened for it; false when it is taken.
    func claim(_ address: TransportAddress) -> Bool {
        state.withLock { state in
            guard state.places[address] == nil else { return false }
            state.places.updateValue(nil, forKey: address)
            return true
        }
    }

    /// A claimed address is a live relayed port from now on.
    func activate(_ address: TransportAddress, at place: Place) {
        state.withLock { $0.places[address] = .some(place) }
    }

    func release(_ address: TransportAddress) {
        state.withLock { _ = $0.places.removeValue(forKey: address) }
    }

    func place(of address: TransportAddress) -> Place? {
        state.withLock { state in state.places[address] ?? nil }
    }

    // MARK: Reservations

    /// Holds a claimed port for whoever brings the token; nil when too many are held.
    func reserve(_ held: HeldPort, at now: Instant) -> ReservationToken? {
        var random = SystemRandomNumberGenerator()
        return state.withLock { $0.reservations.hold(held, using: &random, at: now) }
    }

    func claimReservation(_ token: ReservationToken, at now: Instant) -> HeldPort? {
        state.withLock { $0.reservations.claim(token, at: now) }
    }

    /// Closes what nobody came for; when there is more to do.
    func sweepReservations(at now: Instant) -> Instant? {
        state.withLock { state in
            for held in state.reservations.removeExpired(at: now) { state.places.removeValue(forKey: held.shown) }
            return state.reservations.nextDeadline
        }
    }

    // MARK: Connections of TCP allocations

    /// Asks or changes the register of connections.
    func withConnections<Result>(_ body: (inout ConnectionRegistry) -> Result) -> Result {
        state.withLock { body(&$0.connections) }
    }

    // MARK: Quotas and rates

    var allocationCount: Int { state.withLock { $0.quotas.total } }

    func takeQuota(for user: String) -> QuotaLedger.Verdict { state.withLock { $0.quotas.take(for: user) } }
    func releaseQuota(for user: String) { state.withLock { $0.quotas.release(for: user) } }

    func admitsUnproven(_ source: IPAddress, at now: Instant) -> Bool {
        state.withLock { $0.limiter.admits(source, at: now) }
    }
}
