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
        var reservations = Reservations<(held: HeldPort, holder: QuotaHolder)>()
        var connections = ConnectionRegistry()
        /// The relayed addresses of mobile allocations, of which each has no more than two.
        var mobile: [MobileID: [TransportAddress]] = [:]
        var quotas: QuotaLedger
        var limiter: UnprovenRateLimiter
        var traffic = TrafficBudgets()
    }

    private let state: Mutex<State>
    /// What all workers may relay together.
    let totalTraffic = TrafficBudget()

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

    /// No longer a live relayed port, but nobody else's yet: its socket is still open.
    func deactivate(_ address: TransportAddress) {
        state.withLock { _ = $0.places.updateValue(nil, forKey: address) }
    }

    /// A live relayed port is on its way to another worker; unless it has arrived there already.
    func handOver(_ address: TransportAddress, from place: Place, to worker: Int) {
        state.withLock { state in
            guard state.places[address] == .some(place) else { return }
            state.places[address] = .some(Place(worker: worker, port: .none))
        }
    }

    func release(_ address: TransportAddress) {
        state.withLock { _ = $0.places.removeValue(forKey: address) }
    }

    func place(of address: TransportAddress) -> Place? {
        state.withLock { state in state.places[address] ?? nil }
    }

    /// None: the allocation has ended.
    func setHome(of id: MobileID, _ relayed: [TransportAddress]) {
        state.withLock { $0.mobile[id] = relayed.isEmpty ? nil : relayed }
    }

    /// Where an allocation is, by the first of its addresses that is live.
    func place(of id: MobileID) -> Place? {
        state.withLock { state in
            for address in state.mobile[id] ?? [] {
                if let place = state.places[address] ?? nil { return place }
            }
            return nil
        }
    }

    // MARK: Reservations

    static let reservationLifetime = Reservations<(held: HeldPort, holder: QuotaHolder)>.lifetime

    /// Holds a claimed port for whoever brings the token, at the cost of who asked; nil when that is too much.
    func reserve(_ held: HeldPort, chargedTo holder: QuotaHolder, at now: Instant) -> ReservationToken? {
        var random = SystemRandomNumberGenerator()
        return state.withLock { state in
            guard state.quotas.take(for: holder) == .granted else { return nil }
            let token = state.reservations.hold((held, holder), using: &random, at: now)
            if token == nil { state.quotas.release(for: holder) }
            return token
        }
    }

    /// Takes what is held, and charges the new holder for it.
    func claimReservation(_ token: ReservationToken, for holder: QuotaHolder, at now: Instant) -> HeldPort? {
        state.withLock { state in
            guard let (held, former) = state.reservations.claim(token, at: now) else { return nil }
            state.quotas.transfer(from: former, to: holder)
            return held
        }
    }

    /// Closes what nobody came for; when there is more to do.
    func sweepReservations(at now: Instant) -> Instant? {
        state.withLock { state in
            for (held, holder) in state.reservations.removeExpired(at: now) {
                state.places.removeValue(forKey: held.shown)
                state.quotas.release(for: holder)
            }
            return state.reservations.nextDeadline
        }
    }

    // MARK: Connections of TCP allocations

    /// Asks or changes the register of connections.
    func withConnections<Result>(_ body: (inout ConnectionRegistry) -> Result) -> Result {
        state.withLock { body(&$0.connections) }
    }

    // MARK: Quotas and rates

    var allocationLimit: Int { state.withLock { $0.quotas.limits.total } }
    var allocationCount: Int { state.withLock { $0.quotas.total } }

    func takeQuota(for holder: QuotaHolder) -> QuotaLedger.Verdict { state.withLock { $0.quotas.take(for: holder) } }
    func releaseQuota(for holder: QuotaHolder) { state.withLock { $0.quotas.release(for: holder) } }
    func admitsNewPeers(_ count: Int, of holder: QuotaHolder, at now: Instant) -> Bool {
        state.withLock { $0.quotas.takeNewPeers(count, for: holder.user, at: now) }
    }
    func setLimits(_ limits: QuotaLedger.Limits) { state.withLock { $0.quotas.limits = limits } }

    func takeTraffic(of user: String, at now: Instant) -> TrafficBudget { state.withLock { $0.traffic.take(user, at: now) } }
    func releaseTraffic(of user: String) { state.withLock { $0.traffic.release(user) } }
    func forgiveTraffic(at now: Instant) { state.withLock { $0.traffic.forgive(at: now) } }

    func admitsUnproven(_ source: IPAddress, at now: Instant) -> Bool {
        state.withLock { $0.limiter.admits(source, at: now) }
    }
}
