public import NetPrimitives
import STUN

/// A full ICE agent for one component of one data stream: RFC 8445, with candidates that trickle (RFC 8838)
/// and consent that is kept fresh (RFC 7675).
///
/// It knows nothing of TURN. A relayed candidate is an address that is its own base: what has it as `source`
/// the driver sends through the relay (after a permission for the destination), and what comes from the
/// relay it hands in as received on that base. Reflexive addresses and mappings are gathered by the driver too.
///
/// Bases are addresses of interfaces: a socket that is bound to all of them has to tell at which one a datagram
/// came in. IPv4 addresses are given as such, never as IPv4-mapped IPv6 ones. A router is best asked for a
/// mapping before the credentials are set: what a NAT has translated for a peer once, it goes on translating so.
///
/// Wrong and unauthenticated STUN changes nothing. A generation of credentials is one agent: an ICE restart
/// (RFC 8445 §9) makes a second one beside it, and `receive` tells them apart by the username fragment.
public struct Agent: Sendable {
    public internal(set) var configuration: Configuration
    public let localCredentials: Credentials
    public internal(set) var remoteCredentials: Credentials?
    /// May change while the checks run (RFC 8445 §7.3.1.1).
    public internal(set) var role: Role
    /// What the agents agree to send data on; nil until they do, and after a failure. See `dataPair`.
    public internal(set) var selectedPair: CandidatePair?
    public internal(set) var failure: Failure?

    var tieBreaker: UInt64
    var random: any RandomNumberGenerator & Sendable
    var localCandidates: [Candidate] = []
    var remoteCandidates: [Candidate] = []
    var localAddresses = SignalledAddresses()
    var remoteAddresses = SignalledAddresses()
    var hasAllLocalCandidates = false
    var hasAllRemoteCandidates = false
    var checkList: CheckList
    var checks: OutstandingChecks
    var earlyChecks: [EarlyCheck] = []
    /// When Ta allows the next new check.
    var nextCheckAt = Instant.zero
    /// How many checks have been sent when Ta allowed it.
    var pacedChecks = 0
    /// The pair that USE-CANDIDATE is being sent on.
    var nominating: PairKey?
    var nominationDeadline: Instant?
    /// Pairs that were nominated and did not answer, before each of the others has had its turn.
    var nominatedInVain: Set<PairKey> = []
    /// When the checks could begin: candidates and credentials of both sides were there.
    var startedAt: Instant?
    var firstValidAt: Instant?
    var firstUnrelayedValidAt: Instant?
    var selectedAt: Instant?
    /// Of the selected pair, and of those that stand by; from the selection on.
    var consents: [PairKey: Consent] = [:]
    var silence: Silence?
    /// The pair that data is sent on.
    var dataKey: PairKey?
    /// Whether the selected pair's check is late, and whether it is so late that another pair is better.
    var isDoubting = false
    var isSuspecting = false
    var watchedAt = Instant.zero
    var revivalAt: Instant?

    private var transmits = OutputQueue<Transmit>(limit: 256)
    private var events = OutputQueue<Event>(limit: 64)

    /// - Parameter random: tie-breakers, transaction identifiers and intervals; tests alone pass a seeded one.
    public init(
        role: Role, localCredentials: Credentials, configuration: Configuration = Configuration(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.role = role
        self.localCredentials = localCredentials
        self.configuration = configuration
        self.random = random
        tieBreaker = 0
        checkList = CheckList(limit: configuration.pairLimit)
        checks = OutstandingChecks(pairLimit: configuration.pairLimit)
        changeTieBreaker()
    }

    // MARK: Draining

    public mutating func nextTransmit() -> Transmit? { transmits.pop() }
    public mutating func nextEvent() -> Event? { events.pop() }

    /// When `handleTimeout` has something to do; nil when only the peer or the driver can bring it on.
    public var nextDeadline: Instant? {
        guard failure == nil else { return nil }
        let next = checkList.hasWork(ordinary: isLooking) && remoteCredentials != nil ? nextCheckAt : nil
        var deadline = Optional.earliest(
            next, checks.nextDeadline, nominationDeadline, failureDeadline, watchDeadline,
            silence?.nextDeadline(configuration.consent))
        for (key, consent) in consents {
            deadline = .earliest(deadline, consent.nextDeadline(configuration.consent, isWatched: isWatched(key)))
        }
        return deadline
    }

    /// Sends what is due, gives up what is over, decides what was put off.
    public mutating func handleTimeout(at now: Instant) {
        guard failure == nil else { return }
        handleDueChecks(at: now)
        advance(at: now)
        handleDueConsent(at: now)
    }

    // MARK: Used by the extensions

    mutating func send(_ payload: [UInt8], on key: PairKey) {
        transmits.push(
            Transmit(
                source: key.base, destination: key.remote, transport: key.transport.protocolNumber, payload: payload))
    }

    mutating func enqueue(_ event: Event) { events.push(event) }

    /// Whether ordinary checks go on.
    var isLooking: Bool { selectedPair == nil || configuration.looksOn }

    mutating func changeTieBreaker() { tieBreaker = UInt64.random(in: .min ... .max, using: &random) }

    /// What every change may bring on: the next check, a nomination, the end.
    mutating func advance(at now: Instant) {
        guard failure == nil else { return }
        considerNomination(at: now)
        sendDueCheck(at: now)
        considerFailure(at: now)
        if selectedPair == nil { watch(at: now) }
    }

    mutating func fail(_ reason: Failure) {
        failure = reason
        selectedPair = nil
        selectedAt = nil
        consents = [:]
        silence = nil
        dataKey = nil
        revivalAt = nil
        checks.removeAll()
        checkList.conclude()
        nominationDeadline = nil
        enqueue(.failed(reason))
    }
}
