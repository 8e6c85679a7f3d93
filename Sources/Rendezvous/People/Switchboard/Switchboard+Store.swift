import NetPrimitives

// What the directory of people is asked, and what becomes of its answers. Whoever asks waits, and nobody else.
//
// Whether a name is banned is looked at when the answer is there, not before: up to then a banned name is treated as any other, so
// that a stranger, who gets what they would get without the ban, does not see it in what is asked, where, or how long it takes.

extension Switchboard {
    /// A question to the store, and what it is for.
    struct Question: Sendable {
        enum Purpose: Sendable {
            case look(PersonName)
            /// Whether the name is free, or theirs.
            case register(PersonName)
            /// It was free a moment ago, or theirs already.
            case create(PersonName), renew(PersonName)
            case present(Presence)

            var asked: Asked {
                switch self {
                case .look(let name): .look(name)
                case .register(let name), .create(let name), .renew(let name): .register(name)
                case .present(let presence): .present(presence.name)
                }
            }
        }

        let connection: ConnectionID
        let purpose: Purpose
        let since: Instant
    }

    mutating func ask(_ request: PeopleRequest, _ purpose: Question.Purpose, for id: ConnectionID, at now: Instant) {
        lastTicket += 1
        let ticket = StoreTicket(lastTicket)
        questions[ticket] = Question(connection: id, purpose: purpose, since: now)
        connections[id]?.ticket = ticket
        outputs.append(.ask(ticket, request))
    }

    mutating func conclude(_ question: Question, _ answer: PeopleAnswer?, at now: Instant, wallClock: UnixTime) {
        let id = question.connection
        guard let connection = connections[id], case .proven(let key) = connection.stage else { return }
        let asked = question.purpose.asked
        guard let answer else { return send(.error(.unavailable, of: asked), to: id) }
        switch (question.purpose, answer) {
        case (.look, .person(let person?)): send(.person(person), to: id)
        case (.look(let name), .person(nil)): send(.nobody(name), to: id)
        case (.register(let name), .person(let owner)), (.create(let name), .person(let owner)),
            (.renew(let name), .person(let owner)):
            registered(name, owner: owner, question.purpose, by: key, connection, id, at: now, wallClock: wallClock)
        case (.present(let presence), .person(let owner)):
            guard owner?.key == key, !bans.cover(presence.name) else { return send(.error(.notYours, of: asked), to: id) }
            appear(presence, on: id)
        case (.create, .full), (.renew, .full):
            counters.namesRefused.count(.full)
            send(.error(.busy, of: asked), to: id)
        case (.look, .full), (.register, .full), (.present, .full): send(.error(.unavailable, of: asked), to: id)
        }
    }

    private mutating func registered(
        _ name: PersonName, owner: Person?, _ purpose: Question.Purpose, by key: PersonKey, _ connection: Connection,
        _ id: ConnectionID, at now: Instant, wallClock: UnixTime
    ) {
        func refuse(_ reason: SwitchboardCounters.NameRefusal, _ code: ContactRefusal) {
            counters.namesRefused.count(reason)
            send(.error(code, of: .register(name)), to: id)
        }
        let person = Person(name: name, key: key)
        switch (purpose, owner) {
        case (.look, _), (.present, _): return
        case (_, let owner?) where owner.key != key || bans.cover(name): refuse(.taken, .nameTaken)
        case (.create, _?):
            counters.namesRegistered &+= 1
            send(.registered(name), to: id)
        case (.renew, _?): send(.registered(name), to: id)
        case (.register, _?):
            // Written again, so that it can be known which names are used.
            ask(.register(person, at: wallClock, maximum: .max), .renew(name), for: id, at: now)
        case (.register, nil):
            guard configuration.letsRegister(connection.address) else { return refuse(.notAllowed, .notAllowed) }
            guard limiter.allows(.newName, from: connection.source, at: now) else { return refuse(.rate, .rateLimited) }
            // Nobody gets it.
            guard !bans.cover(name) else { return refuse(.taken, .nameTaken) }
            ask(.register(person, at: wallClock, maximum: configuration.maximumPeople), .create(name), for: id, at: now)
        case (.create, nil), (.renew, nil): send(.error(.unavailable, of: .register(name)), to: id)
        }
    }
}
