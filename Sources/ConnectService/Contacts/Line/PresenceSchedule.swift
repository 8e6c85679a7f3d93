import NetPrimitives
import Rendezvous

/// When and where somebody who wants to be there tries to be so again: soon and a little by chance after a loss, so that the people
/// of a relay that has died do not all come to the next one in the same moment; then more and more seldom, and at each relay of the
/// fleet in turn.
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

    /// Whom to connect to now; nil while nothing is to be done. After it one of `present`, `elsewhere`, `failed` and `lost` follows.
    mutating func beginsAttempt(at now: Instant) -> RelayURL? {
        guard case .due(let instant) = state, instant <= now else { return nil }
        state = .trying
        let place = directed ?? inTurn
        directed = nil
        current = place
        return place
    }

    /// First where we were or belong, then each of the others.
    private var inTurn: RelayURL {
        let all = [home] + others
        return failures == 0 ? current ?? home : all[failures % all.count]
    }

    // MARK: What happens

    /// A relay has named those of its fleet.
    mutating func learned(_ nodes: [RelayURL]) {
        guard !nodes.isEmpty else { return }
        // What was asked with TLS is never asked without.
        others = nodes.filter { $0 != home && ($0.isSecure || !home.isSecure) }.shuffled(using: &random)
    }

    mutating func present() {
        state = .present
        (failures, wasSent) = (0, false)
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
        state = .due(now + chance(of: Self.jitter))
    }

    /// It could not be made.
    mutating func failed(at now: Instant) {
        failures += 1
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
        state = .due(now)
    }

    private mutating func backOff(to longest: Duration, at now: Instant) {
        let pause = min(Self.shortestPause * (1 << min(failures, 10)), longest)
        state = .due(now + pause / 2 + chance(of: pause / 2))
    }

    private mutating func chance(of duration: Duration) -> Duration { duration / 1000 * Int.random(in: 0...1000, using: &random) }
}
