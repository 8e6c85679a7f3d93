import NetPrimitives
import Rendezvous

/// The way to the node of a fleet at which the other side waits: where to ask next and when, and when to give up. Whoever waits there may
/// be on the way to another node themselves, since theirs has died.
struct NodeSearch: Sendable {
    enum Step: Sendable {
        /// At `place`, at once, by another connection.
        case go
        /// At `place`, by the connection that there is.
        case again(after: Duration, isFirst: Bool)
        /// At `place`, by another connection.
        case goBack(after: Duration)
        case giveUp(FlowError)
    }

    /// A sharer whose node has died is at another within ten seconds, and the fleet knows that it is dead within six: for how long a node
    /// that does not answer is left alone, and how often we go back to the first one, which then names another.
    static let absence = Duration.seconds(2)
    static let maximumReturns = 4
    /// How long one way to the first relay may take, and any later one, to whom it may be: what the fleet has named may have vanished a
    /// moment ago, and the one that named it knows soon.
    static let firstPatience = Duration.seconds(6)
    static let followedPatience = Duration.seconds(3)
    /// How long after a look-up that the relay could not answer the next one is, and how many there are.
    static let pause = Duration.seconds(1)
    static let maximumLaters = 10
    /// For how long a relay that has answered, and cannot be reached any more, is asked again, with those of its fleet: it may be
    /// starting anew.
    static let trouble = Duration.seconds(10)

    /// The relay that was given.
    let first: RelayURL
    /// Where to ask.
    private(set) var place: RelayURL
    /// Whether a pause is under way: that a connection is lost meanwhile is no loss.
    private(set) var isPaused = false
    /// How long one way to `place` may take.
    var patience: Duration { place == first && !hasAnswered ? Self.firstPatience : Self.followedPatience }

    private var redirects = Redirects()
    private var returns = 0
    private var laters = 0
    private var hasAnswered = false
    private var troubled: Instant?
    private var route: FleetRoute
    /// What is left of the round through the fleet.
    private var untried: [RelayURL] = []
    private var random: any RandomNumberGenerator & Sendable

    init(at relay: RelayURL, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        (first, place, route) = (relay, relay, FleetRoute(relay))
        self.random = random
    }

    /// A relay has named the nodes of its fleet.
    mutating func learn(_ description: RelayDescription) { route.learn(description) }

    /// The node that was asked has named another.
    mutating func elsewhere(_ url: RelayURL) -> Step {
        hasAnswered = true
        guard redirects.follow(url, from: place) else { return .giveUp(.inCircles) }
        place = url
        return .go
    }

    /// The relay cannot say yet: the node where the other side waited is gone, or its database is away.
    mutating func unanswered(_ code: RelayErrorCode) -> Step {
        hasAnswered = true
        guard laters < Self.maximumLaters else {
            return .giveUp(
                FlowError(
                    code.endReason,
                    "The relay cannot find the other side at the moment: ask them whether they still wait, and try again in a minute."))
        }
        laters += 1
        isPaused = true
        return .again(after: Self.pause, isFirst: laters == 1)
    }

    /// No connection can be made to `place`. It may have died a moment ago: the first relay knows where the other side is then. Where
    /// that one is away itself, it and its fleet are asked in turn, for a while; a relay that has never answered is not waited for.
    mutating func unreachable(_ error: FlowError, at now: Instant) -> Step {
        if place != first, returns < Self.maximumReturns {
            returns += 1
            place = first
            isPaused = true
            return .goBack(after: Self.absence)
        }
        let since = troubled ?? now
        guard hasAnswered, now - since < Self.trouble else { return .giveUp(error) }
        troubled = since
        if untried.isEmpty { untried = route.round(after: place, using: &random) }
        place = untried.removeFirst()
        isPaused = true
        return .goBack(after: Self.pause)
    }

    /// The pause is over.
    mutating func goOn() { isPaused = false }
}
