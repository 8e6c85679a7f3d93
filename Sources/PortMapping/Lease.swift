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
        case asking(ExternalPortChoice)
        case held(Held)
        case renewing(Held, ExternalPortChoice)
        case lost(Lost)
        case recovering(Lost, ExternalPortChoice)
        case over
    }

    private struct Held: Sendable {
        var grant: Grant
        var renewAt: Instant
        /// nil: the router keeps it until it is deleted.
        var expiresAt: Instant?
    }

    private struct Lost: Sendable {
        /// What the router may still have, whatever it said; nil when it never had anything.
        var external: TransportAddress?
        /// It is there and leads nowhere: it goes before another one is asked for.
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
    /// Over which all clients of a router that announces its restart spread their questions (RFC 6887 §14.1.3).
    package static let announcedRestartSpread = Duration.seconds(5)

    private let internalPort: UInt16
    private var lifetime: Duration?
    private var random: any RandomNumberGenerator & Sendable
    private var state = State.idle
    private var events: [Event] = []
    /// Whether the mapping that is now being asked for replaces a dead one.
    private var isSecondTry = false

    package init(
        internalPort: UInt16, lifetime: Duration, random: any RandomNumberGenerator & Sendable
    ) {
        self.internalPort = internalPort
        self.lifetime = lifetime
        self.random = random
    }

    // What it knows

    /// The mapping that is ours to close in the end, also when it was lost.
    package var external: TransportAddress? {
        switch state {
        case .held(let held), .renewing(let held, _): held.grant.external
        case .lost(let lost), .recovering(let lost, _): lost.external
        case .idle, .asking, .over: nil
        }
    }

    package var heldPort: UInt16? { external?.port }

    /// Nothing more comes of it.
    package var isOver: Bool {
        switch state {
        case .over: true
        case .idle, .asking, .held, .renewing, .lost, .recovering: false
        }
    }

    package var nextDeadline: Instant? {
        switch state {
        case .held(let held): held.renewAt
        case .lost(let lost): lost.retryAt
        case .idle, .asking, .renewing, .recovering, .over: nil
        }
    }

    package mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    // What happens to it

    /// The first question.
    package mutating func start() -> Ask? {
        guard case .idle = state else { return nil }
        let choice = ExternalPortChoice(preferred: internalPort)
        state = .asking(choice)
        return Ask(externalPort: choice.port, lifetime: lifetime)
    }

    package mutating func handleTimeout(at now: Instant) -> Ask? {
        switch state {
        case .held(let held):
            return held.renewAt <= now ? renew(held) : nil
        case .lost(let lost):
            return lost.retryAt <= now ? recover(lost) : nil
        case .idle, .asking, .renewing, .recovering, .over:
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
        case .idle, .asking, .renewing, .recovering, .over:
            return nil
        }
        return handleTimeout(at: now)
    }

    /// Somebody outside tried the mapping and did not get in. It is closed, and another one asked for; when that leads
    /// nowhere as well, not before some minutes.
    package mutating func disproved(_ external: TransportAddress, at now: Instant) -> Ask? {
        guard case .held(let held) = state, held.grant.external == external else { return nil }
        events.append(.lost(.unreachable))
        let lost = Lost(
            external: external, isDead: true, retryAt: isSecondTry ? now + Self.deadInterval : now)
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
            let verdict = judge(answer, &choice, had: nil)
            switch verdict {
            case .again(let ask):
                state = .asking(choice)
                return ask
            case .yes(let grant): hold(grant, had: nil, at: now)
            case .no(let failure, nil):
                state = .over
                events.append(.failed(failure))
            case .no(let failure, let pause?):
                state = .lost(Lost(external: nil, retryAt: now + max(pause, Self.recoveryInterval)))
                events.append(.lost(failure))
            }
        case .renewing(let held, var choice):
            switch judge(answer, &choice, had: held.grant.external) {
            case .again(let ask):
                state = .renewing(held, choice)
                return ask
            case .yes(let grant): hold(grant, had: held.grant.external, at: now)
            case .no(let failure, let pause): renewalFailed(failure, pause, held, at: now)
            }
        case .recovering(var lost, var choice):
            switch judge(answer, &choice, had: lost.external) {
            case .again(let ask):
                state = .recovering(lost, choice)
                return ask
            case .yes(let grant): hold(grant, had: nil, at: now)
            case .no(_, let pause):
                lost.retryAt = now + max(pause ?? .zero, Self.recoveryInterval)
                state = .lost(lost)
            }
        case .idle, .held, .lost, .over:
            break
        }
        return nil
    }

    // What it asks

    private mutating func renew(_ held: Held) -> Ask {
        let choice = ExternalPortChoice(preferred: held.grant.external.port)
        state = .renewing(held, choice)
        return ask(choice, had: held.grant.external)
    }

    private mutating func recover(_ lost: Lost) -> Ask {
        var choice = ExternalPortChoice(preferred: lost.external?.port ?? internalPort)
        guard lost.isDead, let dead = lost.external else {
            state = .recovering(lost, choice)
            return ask(choice, had: lost.external)
        }
        // What led nowhere by this port may lead somewhere by another one.
        let port = choice.next(using: &random) ?? internalPort
        state = .recovering(Lost(external: nil, retryAt: lost.retryAt), choice)
        return Ask(externalPort: port, lifetime: lifetime, closing: dead.port)
    }

    private func ask(_ choice: ExternalPortChoice, had external: TransportAddress?) -> Ask {
        Ask(externalPort: choice.port, externalAddress: external?.ip, lifetime: lifetime)
    }

    // How it decides

    private enum Verdict {
        case yes(Grant)
        case again(Ask)
        /// nil: for good.
        case no(MappingFailure, after: Duration?)
    }

    private mutating func judge(_ answer: Answer, _ choice: inout ExternalPortChoice, had external: TransportAddress?) -> Verdict {
        switch answer {
        case .granted(let grant):
            if let lie = Self.contradiction(in: grant) { return .no(lie, after: nil) }
            return .yes(grant)
        case .conflict:
            guard choice.next(using: &random) != nil else { return .no(.everyPortTaken, after: nil) }
            return .again(ask(choice, had: external))
        case .onlyPermanentLeases:
            guard lifetime != nil
            else { return .no(.implausible("it wants a permanent mapping and refuses one"), after: nil) }
            lifetime = nil
            return .again(ask(choice, had: external))
        case .later(let failure, let pause):
            return .no(failure, after: pause)
        case .failed(let failure):
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
        state = .held(
            Held(
                grant: grant, renewAt: now + Self.renewal(of: grant.lifetime),
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
            let retryAt = now + max(pause ?? .zero, Self.recoveryInterval)
            state = .lost(Lost(external: held.grant.external, retryAt: retryAt))
            events.append(.lost(failure))
        }
    }

    private static func renewal(of lifetime: Duration?) -> Duration {
        guard let lifetime else { return permanentRenewal }
        return max(lifetime / 2, shortestRenewal)
    }
}
