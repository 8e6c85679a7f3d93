package import NetPrimitives

/// Which of several methods opens the port. All look for a router at once; the first to find one asks it, and the next one
/// asks as well when there is no good answer soon. The first good answer wins; what others got is given back.
///
/// They do not all ask at once, because mostly it is one router with one table behind three protocols: asked twice for one
/// port of ours, it lets the later mapping take the earlier one's place, and deletes it with the later one.
package struct MappingRace: Sendable {
    /// What a method is to do now.
    package enum Turn: Hashable, Sendable {
        /// Ask for nothing: another one is asking or has the port.
        case hold
        /// Ask, hold, renew.
        case go
        /// Another one has won, with this mapping: give back what is not the same.
        case giveBack(winner: TransportAddress)
    }

    private enum Standing: Sendable {
        case searching
        /// Has found its router; the number says who was first.
        case waiting(Int)
        case asking(since: Instant)
        /// Asked in vain, and goes on trying.
        case refused
        case holding(TransportAddress, isGood: Bool)
        case gone
    }

    /// A router on the same link answers in some milliseconds; UPnP's are web servers, and may need some hundred.
    package static let headStart = Duration.milliseconds(500)

    private var standings: [Standing]
    private var arrivals = 0
    private var winner: Int?

    package init(contenders: Int) { standings = Array(repeating: .searching, count: contenders) }

    package func turn(of contender: Int) -> Turn {
        if let prize, winner != contender {
            switch standings[contender] {
            case .asking, .refused, .holding: return .giveBack(winner: prize)
            case .searching, .waiting, .gone: return .hold
            }
        }
        switch standings[contender] {
        case .asking, .refused, .holding: return .go
        case .searching, .waiting, .gone: return .hold
        }
    }

    /// What the winner holds; nil while nobody has won.
    package var prize: TransportAddress? {
        guard let winner, case .holding(let external, _) = standings[winner] else { return nil }
        return external
    }

    /// When the next one gets its turn although the last one has not answered yet.
    package var nextDeadline: Instant? {
        guard winner == nil, nextInLine != nil else { return nil }
        return startedLast.map { $0 + Self.headStart }
    }

    // What happens

    package mutating func found(_ contender: Int, at now: Instant) {
        arrivals += 1
        standings[contender] = .waiting(arrivals)
        advance(at: now)
    }

    /// - Parameter isGood: Whether the internet can reach the address, as far as one can tell.
    package mutating func granted(_ contender: Int, _ external: TransportAddress, isGood: Bool, at now: Instant) {
        standings[contender] = .holding(external, isGood: isGood)
        if winner == contender, !isGood { winner = nil }
        if winner == nil, isGood { winner = contender }
        advance(at: now)
    }

    /// It has no mapping now, and has asked for another one at once.
    package mutating func asksAgain(_ contender: Int, at now: Instant) {
        standings[contender] = .asking(since: now)
        if winner == contender { winner = nil }
        advance(at: now)
    }

    /// It has no mapping now, and goes on trying.
    package mutating func refused(_ contender: Int, at now: Instant) {
        standings[contender] = .refused
        if winner == contender { winner = nil }
        advance(at: now)
    }

    /// It has done what `giveBack` says.
    package mutating func gaveBack(_ contender: Int, at now: Instant) { found(contender, at: now) }

    /// It opens nothing here, or no more.
    package mutating func left(_ contender: Int, at now: Instant) {
        standings[contender] = .gone
        if winner == contender { winner = nil }
        advance(at: now)
    }

    package mutating func handleTimeout(at now: Instant) { advance(at: now) }

    // How it decides

    private mutating func advance(at now: Instant) {
        guard winner == nil, let next = nextInLine else { return }
        if let startedLast, startedLast + Self.headStart > now { return }
        standings[next] = .asking(since: now)
    }

    private var nextInLine: Int? {
        var first: (contender: Int, arrival: Int)?
        for (contender, standing) in standings.enumerated() {
            guard case .waiting(let arrival) = standing, arrival < first?.arrival ?? .max else { continue }
            first = (contender, arrival)
        }
        return first?.contender
    }

    private var startedLast: Instant? {
        standings.compactMap { if case .asking(let since) = $0 { since } else { nil } }.max()
    }
}
