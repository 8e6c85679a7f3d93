import NetPrimitives

/// When a program that is in a session tries to come back to the rendezvous: at once with a new network, soon after a lost
/// connection, and then more and more seldom, each time a little by chance, so that a relay that has restarted is not asked
/// by everybody in the same moment.
struct RejoinSchedule: Sendable {
    private enum State: Sendable {
        /// The connection is good, as far as anybody knows.
        case settled(since: Instant)
        case due(Instant)
        /// The last attempt is under way, and given up at that instant.
        case trying(until: Instant)
        case over
    }

    /// Who has lost the connection and nothing else is not alone.
    static let jitter = Duration.seconds(1)
    /// After the first failure; doubled with each that follows.
    static let shortestPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(60)
    /// While nothing comes from the peer, it is the rendezvous that both need.
    static let longestUnansweredPause = Duration.seconds(3)
    /// How long one attempt may take: a connection by TLS, through a proxy, and an answer.
    static let limit = Duration.seconds(8)
    /// The path's silence is told every three seconds; it is over when it was not told for so long.
    private static let silence = Duration.seconds(4)
    /// Who has come back and hears nothing from the peer tries once more after this time, then after twice that: there may be
    /// a router that has forgotten the connection.
    private static let shortestDoubt = Duration.seconds(5)
    /// A connection that is lost sooner counts as an attempt that failed.
    private static let usefulLife = Duration.seconds(30)

    private var state: State
    private var pause = RejoinSchedule.shortestPause
    private var doubt = Duration.zero
    private var silentUntil: Instant?
    private var random: any RandomNumberGenerator & Sendable

    init(at now: Instant, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        // The connection by which the meeting came about was good.
        state = .settled(since: now - Self.usefulLife)
        self.random = random
    }

    var nextDeadline: Instant? {
        switch state {
        case .due(let instant), .trying(let instant): instant
        case .settled, .over: nil
        }
    }

    /// Whether an attempt is to begin now; asked after every call.
    mutating func beginsAttempt(at now: Instant) -> Bool {
        switch state {
        case .trying(let until) where until <= now: failed(at: now)
        case .settled, .due, .trying, .over: break
        }
        guard case .due(let instant) = state, instant <= now else { return false }
        state = .trying(until: now + Self.limit)
        return true
    }

    // MARK: What happens

    /// This host's addresses are others: the connection is dead, and so is an attempt.
    mutating func networkChanged(at now: Instant) {
        pause = Self.shortestPause
        doubt = .zero
        become(.due(now))
    }

    mutating func connectionLost(at now: Instant) {
        switch state {
        case .settled(let since) where now - since < Self.usefulLife: backOff(at: now)
        case .settled:
            pause = Self.shortestPause
            become(.due(now + chance(of: isSilent(at: now) ? Self.shortestPause : Self.jitter)))
        case .trying: failed(at: now)
        case .due, .over: break
        }
    }

    /// Nothing answers on any path, although no address has changed.
    mutating func pathUnanswered(at now: Instant) {
        if !isSilent(at: now) { doubt = .zero }
        silentUntil = now + Self.silence
        switch state {
        case .settled(let since):
            guard now - since >= doubt else { return }
            doubt = min(max(doubt * 2, Self.shortestDoubt), Self.longestPause)
            become(.due(now + chance(of: Self.shortestPause)))
        case .due(let instant):
            let latest = now + chance(of: Self.longestUnansweredPause)
            if latest < instant { become(.due(latest)) }
        case .trying, .over: break
        }
    }

    mutating func failed(at now: Instant) {
        guard case .trying = state else { return }
        backOff(at: now)
    }

    private mutating func backOff(at now: Instant) {
        let most = isSilent(at: now) ? Self.longestUnansweredPause : Self.longestPause
        pause = min(pause, most)
        become(.due(now + pause / 2 + chance(of: pause / 2)))
        pause = min(pause * 2, most)
    }

    mutating func succeeded(at now: Instant) {
        become(.settled(since: now))
    }

    /// There is nothing to come back to.
    mutating func giveUp() { state = .over }

    // MARK: Helpers

    private mutating func become(_ next: State) {
        if case .over = state { return }
        state = next
    }

    private func isSilent(at now: Instant) -> Bool { silentUntil.map { now < $0 } ?? false }

    private mutating func chance(of duration: Duration) -> Duration {
        duration / 1000 * Int.random(in: 0...1000, using: &random)
    }
}
