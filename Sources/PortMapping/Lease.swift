package import NetPrimitives

/// The life of one mapping: asked for, held, renewed at half its time, lost, found dead, asked for again.
///
/// A machine without clock and threads. Every call returns the next question for the router, or nil when there is
/// nothing to ask before `nextDeadline`.
package struct Lease: Sendable {
    /// What became of the mapping.
    package enum Event: Hashable, Sendable {
        /// It is open, or has moved; a later one replaces it. Nobody has tried it yet.
        case mapped(Grant)
        /// The router has confirmed it as it was. Whether it still works is to be tried again.
        case renewed(Grant)
        /// There is none now, or none that can be counted on. The lease goes on asking.
        case lost(MappingFailure)
        /// It could not be opened. The lease is over.
        case failed(MappingFailure)
    }

    private enum State: Sendable {
        case idle
        /// Another method has the mapping that counts. The router may still have this port of ours.
        case aside(port: UInt16)
        case asking(ExternalPortChoice)
        case held(Held)
        case renewing(Held, ExternalPortChoice)
        case lost(Lost)
        case recovering(Lost, ExternalPortChoice)
        /// With the port that the router was last asked for, where it did not say what became of that.
        case over(port: UInt16?)
    }

    private struct Held: Sendable {
        var grant: Grant
        var renewAt: Instant
        /// nil: the router keeps it until it is deleted.
        var expiresAt: Instant?
    }

    private struct Lost: Sendable {
        /// What the router may still have, whatever it said; nil when it never had anything.
        var port: UInt16?
        /// On which of its addresses; nil when it has named none.
        var address: IPAddress?
        /// It led nowhere: another port is asked for.
        var isDead = false
        var retryAt: Instant
    }

    /// Shorter pauses would only burden a router that grants a few seconds (RFC 6887 §11.2.1 has four).
    package static let shortestRenewal = Duration.seconds(5)
    /// A mapping "until it is deleted" dies when the router restarts: ask again before a person gives up.
    package static let permanentRenewal = Duration.seconds(300)
    /// A router takes a minute or two to restart.
    package static let recoveryInterval = Duration.seconds(30)
    /// What two ports of a router did not do, a third one may do in some minutes: its owner may have changed something.
    package static let deadInterval = Duration.seconds(300)
    /// A flow to one peer may have begun while the router was asked about it, with another port than it named: by then its
    /// packets are there, and it is asked once more.
    package static let flowRenewal = Duration.milliseconds(500)
    /// Over which all clients of a router that announces its restart spread their questions (RFC 6887 §14.1.3).
    package static let announcedRestartSpread = Duration.seconds(5)

    private let internalPort: UInt16
    private let isOfOnePeer: Bool
    private var lifetime: Duration?
    private var random: any RandomNumberGenerator & Sendable
    private var state = State.idle
    private var events: [Event] = []
    private var dead: UInt16?
    /// Whether the mapping that is now being asked for replaces a dead one.
    private var isSecondTry = false

    /// - Parameter isOfOnePeer: no port for everybody, but the way to and from one peer.
    package init(
        internalPort: UInt16, lifetime: Duration, isOfOnePeer: Bool = false, random: any RandomNumberGenerator & Sendable
    ) {
        self.internalPort = internalPort
        self.isOfOnePeer = isOfOnePeer
        self.lifetime = lifetime
        self.random = random
    }

    // What it knows

    /// The mapping as the router named it, also when it was lost since.
    package var external: TransportAddress? {
        switch state {
        case .held(let held), .renewing(let held, _):
            held.grant.external
        case .lost(let lost), .recovering(let lost, _):
            lost.address.flatMap { address in lost.port.map { TransportAddress(ip: address, port: $0) } }
        case .idle, .aside, .asking, .over:
            nil
        }
    }

    /// The router's port that is ours to close in the end: held, lost, or asked for and never answered.
    package var portToClose: UInt16? {
        switch state {
        case .held(let held), .renewing(let held, _): held.grant.external.port
        case .lost(let lost), .recovering(let lost, _): lost.port
        case .aside(let port): port
        case .over(let port): port
        case .idle, .asking: nil
        }
    }

    /// Nothing more comes of it.
    package var isOver: Bool {
        switch state {
        case .over: true
        case .idle, .aside, .asking, .held, .renewing, .lost, .recovering: false
        }
    }

    package var nextDeadline: Instant? {
        switch state {
        case .held(let held): held.renewAt
        case .lost(let lost): lost.retryAt
        case .idle, .aside, .asking, .renewing, .recovering, .over: nil
        }
    }

    /// Whether the router has been asked, and has not answered.
    package var isAsking: Bool {
        switch state {
        case .asking, .renewing, .recovering: true
        case .idle, .aside, .held, .lost, .over: false
        }
    }

    /// A port that leads nowhere, to be closed before anything else is asked.
    package mutating func nextDeadPort() -> UInt16? {
        defer { dead = nil }
        return dead
    }

    package mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    // What happens to it

    /// The first question, or the first one after `setAside`.
    package mutating func start() -> Ask? {
        switch state {
        case .idle:
            let choice = ExternalPortChoice(preferred: internalPort)
            state = .asking(choice)
            return ask(choice)
        case .aside(let port):
            let choice = ExternalPortChoice(preferred: port)
            state = .recovering(Lost(port: port, retryAt: .zero), choice)
            return ask(choice)
        case .asking, .held, .renewing, .lost, .recovering, .over:
            return nil
        }
    }

    /// Another method has the mapping that counts. What the router has is not renewed any more, and is ours to close still.
    package mutating func setAside() {
        state = portToClose.map { .aside(port: $0) } ?? .idle
        isSecondTry = false
    }

    package mutating func handleTimeout(at now: Instant) -> Ask? {
        switch state {
        case .held(let held):
            return held.renewAt <= now ? renew(held) : nil
        case .lost(let lost):
            return lost.retryAt <= now ? recover(lost) : nil
        case .idle, .aside, .asking, .renewing, .recovering, .over:
            return nil
        }
    }

    /// The router has forgotten what it had: it is asked at once, or, when it told everybody, within some seconds.
    package mutating func routerRestarted(isAnnounced: Bool, at now: Instant) -> Ask? {
        let pause = isAnnounced ? .milliseconds(Int64.random(in: 0...Self.announcedRestartSpread.milliseconds, using: &random)) : Duration.zero
        switch state {
        case .held(var held):
            held.renewAt = min(held.renewAt, now + pause)
            state = .held(held)
        case .lost(var lost):
            lost.retryAt = min(lost.retryAt, now + pause)
            state = .lost(lost)
        case .idle, .aside, .asking, .renewing, .recovering, .over:
            return nil
        }
        return handleTimeout(at: now)
    }

    /// Somebody outside tried the mapping and did not get in. It is closed (`nextDeadPort`), and another one asked for; when
    /// that leads nowhere as well, not before some minutes.
    package mutating func disproved(_ external: TransportAddress, at now: Instant) -> Ask? {
        guard case .held(let held) = state, held.grant.external == external else { return nil }
        events.append(.lost(.unreachable))
        dead = external.port
        let lost = Lost(isDead: true, retryAt: isSecondTry ? now + Self.deadInterval : now)
        isSecondTry.toggle()
        state = .lost(lost)
        return handleTimeout(at: now)
    }

    /// Somebody outside got in.
    package mutating func proved(_ external: TransportAddress) {
        if case .held(let held) = state, held.grant.external == external { isSecondTry = false }
    }

    /// The router's answer to the last question; one that nobody asked for changes nothing.
    package mutating func receive(_ answer: Answer, at now: Instant) -> Ask? {
        switch state {
        case .asking(var choice):
            switch judge(answer, &choice, had: nil) {
            case .again(let ask):
                state = .asking(choice)
                return ask
            case .yes(let grant): hold(grant, had: nil, at: now)
            case .no(let failure, nil):
                state = .over(port: answer.portInDoubt(asked: choice.port))
                events.append(.failed(failure))
            case .no(let failure, let pause?):
                lose(Lost(retryAt: now), failure, after: pause, at: now)
            }
        case .renewing(let held, var choice):
            switch judge(answer, &choice, had: held.grant.external.ip) {
            case .again(let ask):
                state = .renewing(held, choice)
                return ask
            case .yes(let grant): hold(grant, had: held.grant.external, at: now)
            case .no(let failure, let pause):
                if let port = answer.portInDoubt(asked: choice.port), port != held.grant.external.port {
                    // Another one is asked for when ours has become somebody else's.
                    lose(Lost(port: port, retryAt: now), failure, after: pause, at: now)
                } else {
                    renewalFailed(failure, pause, held, at: now)
                }
            }
        case .recovering(var lost, var choice):
            switch judge(answer, &choice, had: lost.address) {
            case .again(let ask):
                state = .recovering(lost, choice)
                return ask
            case .yes(let grant): hold(grant, had: nil, at: now)
            case .no(_, let pause):
                lost.port = answer.portInDoubt(asked: choice.port) ?? lost.port
                lost.retryAt = now + max(pause ?? .zero, Self.recoveryInterval)
                state = .lost(lost)
            }
        case .idle, .aside, .held, .lost, .over:
            break
        }
        return nil
    }

    // What it asks

    private mutating func renew(_ held: Held) -> Ask {
        let choice = ExternalPortChoice(preferred: held.grant.external.port)
        state = .renewing(held, choice)
        return ask(choice, on: held.grant.external.ip)
    }

    private mutating func recover(_ lost: Lost) -> Ask {
        var choice = ExternalPortChoice(preferred: lost.port ?? internalPort)
        // What led nowhere by one port may lead somewhere by another one.
        if lost.isDead { _ = choice.next(using: &random) }
        state = .recovering(lost, choice)
        return ask(choice, on: lost.address)
    }

    private func ask(_ choice: ExternalPortChoice, on address: IPAddress? = nil) -> Ask {
        Ask(externalPort: choice.port, externalAddress: address, lifetime: lifetime)
    }

    // How it decides

    private enum Verdict {
        case yes(Grant)
        case again(Ask)
        /// nil: for good.
        case no(MappingFailure, after: Duration?)
    }

    private mutating func judge(_ answer: Answer, _ choice: inout ExternalPortChoice, had address: IPAddress?) -> Verdict {
        switch answer {
        case .granted(let grant):
            if let lie = Self.contradiction(in: grant) { return .no(lie, after: nil) }
            return .yes(grant)
        case .conflict:
            guard choice.next(using: &random) != nil else { return .no(.everyPortTaken, after: nil) }
            return .again(ask(choice, on: address))
        case .onlyPermanentLeases:
            guard lifetime != nil
            else { return .no(.implausible("it wants a permanent mapping and refuses one"), after: nil) }
            lifetime = nil
            return .again(ask(choice, on: address))
        case .later(let failure, let pause):
            return .no(failure, after: pause)
        case .failed(let failure), .unanswered(let failure):
            return .no(failure, after: nil)
        }
    }

    /// What a router cannot mean: a port 0, no address, a mapping that is over as soon as it begins.
    private static func contradiction(in grant: Grant) -> MappingFailure? {
        if grant.external.port == 0 { return .implausible("it mapped port 0") }
        if let lifetime = grant.lifetime, lifetime <= .zero { return .implausible("it mapped the port for 0 seconds") }
        if ExternalReach(of: grant.external.ip) == .nowhere { return .noExternalAddress }
        return nil
    }

    private mutating func hold(_ grant: Grant, had external: TransportAddress?, at now: Instant) {
        let renewal = isOfOnePeer && external == nil ? Self.flowRenewal : Self.renewal(of: grant.lifetime)
        state = .held(
            Held(
                grant: grant, renewAt: now + renewal,
                expiresAt: grant.lifetime.map { now + $0 }))
        events.append(grant.external == external ? .renewed(grant) : .mapped(grant))
    }

    /// Half of what is left, again and again (RFC 6886 §3.3), until nothing is.
    private mutating func renewalFailed(_ failure: MappingFailure, _ pause: Duration?, _ held: Held, at now: Instant) {
        if let expiresAt = held.expiresAt, expiresAt - now > max(pause ?? .zero, Self.shortestRenewal) {
            var held = held
            held.renewAt = now + max((expiresAt - now) / 2, pause ?? .zero, Self.shortestRenewal)
            state = .held(held)
        } else {
            let external = held.grant.external
            lose(Lost(port: external.port, address: external.ip, retryAt: now), failure, after: pause, at: now)
        }
    }

    private mutating func lose(_ lost: Lost, _ failure: MappingFailure, after pause: Duration?, at now: Instant) {
        var lost = lost
        lost.retryAt = now + max(pause ?? .zero, Self.recoveryInterval)
        state = .lost(lost)
        events.append(.lost(failure))
    }

    private static func renewal(of lifetime: Duration?) -> Duration {
        guard let lifetime else { return permanentRenewal }
        return max(lifetime / 2, shortestRenewal)
    }
}

extension Answer {
    /// The port that may be open after an answer that is no good; nil when there is none.
    fileprivate func portInDoubt(asked: UInt16) -> UInt16? {
        switch self {
        case .unanswered: asked
        case .granted(let grant): grant.external.port == 0 ? asked : grant.external.port
        case .conflict, .onlyPermanentLeases, .later, .failed: nil
        }
    }
}
