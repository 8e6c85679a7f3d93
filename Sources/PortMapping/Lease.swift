package import NetPrimitives

/// The life of one mapping: asked for, held, renewed at half its time, lost, asked for again.
///
/// A machine without clock and threads. Every call returns the next question for the router, or nil when there is
/// nothing to ask before `nextDeadline`.
package struct Lease: Sendable {
    /// What became of the mapping.
    package enum Event: Hashable, Sendable {
        /// It is open; a later one replaces it.
        case mapped(Grant)
        /// It was open and can no longer be counted on. The lease goes on asking.
        case lost(MappingFailure)
        /// It could not be opened. The lease is over.
        case failed(MappingFailure)
    }

    private enum State: Sendable {
        case idle
        case asking(ExternalPortChoice)
        case held(Held)
        case renewing(Held, ExternalPortChoice)
        /// The router may still have the mapping on `port`, whatever it said.
        case lost(port: UInt16, retryAt: Instant)
        case recovering(port: UInt16, ExternalPortChoice)
        case over
    }

    private struct Held: Sendable {
        var grant: Grant
        var renewAt: Instant
        /// nil: the router keeps it until it is deleted.
        var expiresAt: Instant?
    }

    /// Shorter pauses would only burden a router that grants a few seconds.
    package static let shortestRenewal = Duration.seconds(5)
    /// A mapping "until it is deleted" dies when the router restarts: ask again before a person gives up.
    package static let permanentRenewal = Duration.seconds(300)
    /// A router takes a minute or two to restart.
    package static let recoveryInterval = Duration.seconds(30)

    private let internalPort: UInt16
    private var lifetime: Duration?
    private var random: any RandomNumberGenerator & Sendable
    private var state = State.idle
    private var events: [Event] = []

    package init(
        internalPort: UInt16, lifetime: Duration, random: any RandomNumberGenerator & Sendable
    ) {
        self.internalPort = internalPort
        self.lifetime = lifetime
        self.random = random
    }

    // What it knows

    /// The external port that is ours to close in the end, also when it was lost.
    package var heldPort: UInt16? {
        switch state {
        case .held(let held), .renewing(let held, _): held.grant.external.port
        case .lost(let port, _), .recovering(let port, _): port
        case .idle, .asking, .over: nil
        }
    }

    package var nextDeadline: Instant? {
        switch state {
        case .held(let held): held.renewAt
        case .lost(_, let retryAt): retryAt
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
            guard held.renewAt <= now else { return nil }
            let choice = ExternalPortChoice(preferred: held.grant.external.port)
            state = .renewing(held, choice)
            return Ask(externalPort: choice.port, lifetime: lifetime)
        case .lost(let port, let retryAt):
            guard retryAt <= now else { return nil }
            let choice = ExternalPortChoice(preferred: port)
            state = .recovering(port: port, choice)
            return Ask(externalPort: choice.port, lifetime: lifetime)
        case .idle, .asking, .renewing, .recovering, .over:
            return nil
        }
    }

    /// The router's answer to the last question; one that nobody asked for changes nothing.
    package mutating func receive(_ answer: Answer, at now: Instant) -> Ask? {
        switch state {
        case .asking(var choice):
            let verdict = judge(answer, &choice)
            if case .again(let ask) = verdict {
                state = .asking(choice)
                return ask
            }
            settle(verdict, held: nil, at: now)
        case .renewing(let held, var choice):
            let verdict = judge(answer, &choice)
            if case .again(let ask) = verdict {
                state = .renewing(held, choice)
                return ask
            }
            settle(verdict, held: held, at: now)
        case .recovering(let port, var choice):
            let verdict = judge(answer, &choice)
            if case .again(let ask) = verdict {
                state = .recovering(port: port, choice)
                return ask
            }
            if case .no = verdict {
                state = .lost(port: port, retryAt: now + Self.recoveryInterval)
            } else {
                settle(verdict, held: nil, at: now)
            }
        case .idle, .held, .lost, .over:
            break
        }
        return nil
    }

    // How it decides

    private enum Verdict {
        case yes(Grant)
        case again(Ask)
        case no(MappingFailure)
    }

    private mutating func judge(_ answer: Answer, _ choice: inout ExternalPortChoice) -> Verdict {
        switch answer {
        case .granted(let grant):
            if let lie = Self.contradiction(in: grant) { return .no(lie) }
            return .yes(grant)
        case .conflict:
            guard let port = choice.next(using: &random) else { return .no(.everyPortTaken) }
            return .again(Ask(externalPort: port, lifetime: lifetime))
        case .onlyPermanentLeases:
            guard lifetime != nil else { return .no(.implausible("it wants a permanent mapping and refuses one")) }
            lifetime = nil
            return .again(Ask(externalPort: choice.port, lifetime: nil))
        case .failed(let failure):
            return .no(failure)
        }
    }

    /// What a router cannot mean: a port 0, no address, a mapping that is over as soon as it begins.
    private static func contradiction(in grant: Grant) -> MappingFailure? {
        if grant.external.port == 0 { return .implausible("it mapped port 0") }
        if let lifetime = grant.lifetime, lifetime <= .zero { return .implausible("it mapped the port for 0 seconds") }
        if ExternalReach(of: grant.external.ip) == .nowhere { return .noExternalAddress }
        return nil
    }

    private mutating func settle(_ verdict: Verdict, held: Held?, at now: Instant) {
        switch verdict {
        case .again:
            break
        case .yes(let grant):
            state = .held(
                Held(
                    grant: grant, renewAt: now + Self.renewal(of: grant.lifetime),
                    expiresAt: grant.lifetime.map { now + $0 }))
            if grant.external != held?.grant.external { events.append(.mapped(grant)) }
        case .no(let failure):
            guard let held else {
                state = .over
                events.append(.failed(failure))
                return
            }
            renewalFailed(failure, held, at: now)
        }
    }

    /// Half of what is left, again and again (RFC 6886 §3.3), until nothing is.
    private mutating func renewalFailed(_ failure: MappingFailure, _ held: Held, at now: Instant) {
        if let expiresAt = held.expiresAt, expiresAt - now > Self.shortestRenewal {
            var held = held
            held.renewAt = now + max((expiresAt - now) / 2, Self.shortestRenewal)
            state = .held(held)
        } else {
            state = .lost(port: held.grant.external.port, retryAt: now + Self.recoveryInterval)
            events.append(.lost(failure))
        }
    }

    private static func renewal(of lifetime: Duration?) -> Duration {
        guard let lifetime else { return permanentRenewal }
        return max(lifetime / 2, shortestRenewal)
    }
}
