import NetPrimitives
import Rendezvous

/// When and where somebody who wants to be there tries to be so again: soon and a little by chance after a loss, so that the people
/// of a relay that has died do not all come to the next one in the same moment; then more and more seldom. One attempt asks the relays
/// of the fleet one after the other (`NodeRace`), those last that were lost or have not answered.
struct PresenceSchedule: Sendable {
    private enum State: Sendable {
        case present
        case due(Instant)
        case trying
    }

    /// Who loses the connection is not alone. With a dead relay's clients spread over two seconds, all are elsewhere well within ten.
    static let jitter = Duration.seconds(2)
    /// After the first failure; doubled with each that follows.
    static let shortestPause = Duration.milliseconds(250)
    /// While nothing answers.
    static let longestPause = Duration.seconds(5)
    /// While a relay that answers has sent us to one that does not: the fleet lives, and learns within seconds that one of it has died.
    static let longestFleetPause = Duration.seconds(1)
    /// Relays that one attempt asks, of as many as a fleet has.
    static let maximumPlaces = 16
    /// After a relay has said that it is full or has trouble: it is there, and is not to be pestered.
    static let longestRefusedPause = Duration.seconds(60)

    /// The relay that vouches for the name: what is asked when nothing else is known.
    let home: RelayURL
    /// The other relays of its fleet, as it has named them last.
    private(set) var others: [RelayURL] = []
    private var state: State
    private var failures = 0
    /// A relay that answers has named the one that is being asked.
    private var wasSent = false
    /// Where to go next, whatever is in turn.
    private var directed: RelayURL?
    private var current: RelayURL?
    /// Were lost or have not answered since we were there last: what answers is asked before them.
    private var silent: Set<RelayURL> = []
    private var random: any RandomNumberGenerator & Sendable

    init(home: RelayURL, at now: Instant, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.home = home
        state = .due(now)
        self.random = random
    }

    var nextDeadline: Instant? {
        switch state {
        case .due(let instant): instant
        case .present, .trying: nil
        }
    }

    /// Whom to connect to now, in this order and until one answers; nil while nothing is to be done. After it one of `present`,
    /// `elsewhere`, `failed` and `lost` follows, and before the first two `reached`.
    mutating func beginsAttempt(at now: Instant) -> [RelayURL]? {
        guard case .due(let instant) = state, instant <= now else { return nil }
        state = .trying
        let places = directed.map { [$0] } ?? inTurn()
        directed = nil
        current = places.first
        return places
    }

    /// Where we were, if nothing speaks against it; the others by chance, as one that has died leaves many who ask.
    private mutating func inTurn() -> [RelayURL] {
        let all = ([home] + others).shuffled(using: &random)
        let first = failures == 0 ? current ?? home : nil
        let places = (first.map { [$0] } ?? []) + all.filter { $0 != first && !silent.contains($0) } + all.filter { $0 != first && silent.contains($0) }
        return Array(places.prefix(Self.maximumPlaces))
    }

    // MARK: What happens

    /// Of those that an attempt was to ask, the one that has answered.
    mutating func reached(_ relay: RelayURL) {
        if let current, current != relay { silent.insert(current) }
        current = relay
        silent.remove(relay)
    }

    /// A relay has named those of its fleet.
    mutating func learned(_ nodes: [RelayURL]) {
        guard !nodes.isEmpty else { return }
        // What was asked with TLS is never asked without.
        others = nodes.filter { $0 != home && ($0.isSecure || !home.isSecure) }
        silent.formIntersection(others + [home])
    }

    mutating func present() {
        state = .present
        (failures, wasSent) = (0, false)
        silent = []
    }

    /// The relay that was asked has named the right one.
    mutating func elsewhere(_ relay: RelayURL, at now: Instant) {
        directed = relay
        wasSent = true
        state = .due(now)
    }

    /// The connection is gone, of whoever it was.
    mutating func lost(at now: Instant) {
        // It may be the relay that has died: another one is asked first, if there is one.
        failures = 1
        if let current { silent.insert(current) }
        state = .due(now + chance(of: Self.jitter))
    }

    /// It could not be made.
    mutating func failed(at now: Instant) {
        failures += 1
        if let current { silent.insert(current) }
        backOff(to: wasSent ? Self.longestFleetPause : Self.longestPause, at: now)
        wasSent = false
    }

    /// The relay is there, and does not let us be.
    mutating func refused(at now: Instant) {
        failures += 1
        backOff(to: Self.longestRefusedPause, at: now)
    }

    /// This host's addresses are others, or it has woken: whatever connection there was is dead.
    mutating func networkChanged(at now: Instant) {
        failures = 0
        silent = []
        state = .due(now)
    }

    private mutating func backOff(to longest: Duration, at now: Instant) {
        let pause = min(Self.shortestPause * (1 << min(failures, 10)), longest)
        state = .due(now + pause / 2 + chance(of: pause / 2))
    }

    private mutating func chance(of duration: Duration) -> Duration { duration / 1000 * Int.random(in: 0...1000, using: &random) }
}
