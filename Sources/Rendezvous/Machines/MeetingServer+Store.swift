public import NetPrimitives

// Questions to the store, and its answers. While a connection waits for one, what it says further waits behind it.

extension MeetingServer {
    /// How long whoever has asked waits: a client gives a whole meeting 15 seconds (`HelperClient.handshakeTimeout`).
    static var storePatience: Duration { .seconds(5) }
    /// Questions at once: one of each connection, and those that are late.
    static var maximumQuestions: Int { 16_384 }

    /// What the store has said to a question, or nil when it failed or cannot be reached. Answers may come in any order; those
    /// to unknown tickets are nobody's.
    public mutating func answered(_ ticket: StoreTicket, _ answer: InvitationAnswer?, at now: Instant, wallClock: UnixTime) {
        guard let question = questions.removeValue(forKey: ticket) else { return }
        let asker = question.asker.flatMap { connections[$0]?.ticket == ticket ? $0 : nil }
        if let asker { connections[asker]?.ticket = nil }
        do {
            try conclude(question.subject, answer, for: asker, at: now, wallClock: wallClock)
        } catch {
            send(.error(error), to: asker)
        }
        if let asker { takeUpQueue(of: asker, at: now, wallClock: wallClock) }
    }

    /// - Parameter id: the connection that waits for the answer, if any does.
    mutating func ask(
        _ request: InvitationRequest, about subject: StoreQuestion.Subject, for id: ConnectionID?, at now: Instant
    ) throws(RelayErrorCode) {
        guard questions.count < Self.maximumQuestions else { throw .unavailable }
        lastTicket += 1
        let ticket = StoreTicket(lastTicket)
        questions[ticket] = StoreQuestion(subject: subject, asker: id, since: now)
        if let id { connections[id]?.ticket = ticket }
        outputs.append(.ask(ticket, request))
    }

    /// Whoever has waited too long hears that the store is away; the answer may come yet.
    mutating func giveUpOnStore(at now: Instant, wallClock: UnixTime) {
        for (ticket, question) in questions where now - question.since >= Self.storePatience {
            guard let id = question.asker else { continue }
            questions[ticket]?.asker = nil
            guard connections[id]?.ticket == ticket else { continue }
            connections[id]?.ticket = nil
            send(.error(.unavailable), to: id)
            takeUpQueue(of: id, at: now, wallClock: wallClock)
        }
    }

    private mutating func takeUpQueue(of id: ConnectionID, at now: Instant, wallClock: UnixTime) {
        while let connection = connections[id], connection.ticket == nil, !connection.isClosing, let text = connections[id]?.queue.next() {
            understand(text, from: id, at: now, wallClock: wallClock)
        }
    }

    /// - Parameter id: nil when nobody waits any more. Then a change that was made is still taken note of, and nothing begins.
    private mutating func conclude(
        _ subject: StoreQuestion.Subject, _ answer: InvitationAnswer?, for id: ConnectionID?, at now: Instant, wallClock: UnixTime
    ) throws(RelayErrorCode) {
        guard let answer else { throw .unavailable }
        switch (subject, answer) {
        case (.creation(let draft), .creation(let creation)):
            try conclude(draft, creation, for: id, at: now, wallClock: wallClock)
        case (.confirmation(let meeting, let lookup), .use(let use)): confirm(meeting, under: lookup, use, at: now, wallClock: wallClock)
        case (.extended(let lookup, let expires), .done): tellExtended(lookup, to: expires, for: id)
        case (.revocation(let lookup), .done): tellRevoked(lookup, to: id, at: now)
        case (.burning(let lookup), .done):
            counters.burnt &+= 1
            closeInvitation(lookup, reason: .burnt, at: now)
        case (.meeting(let lookup), .found(let found)):
            if let id { try meet(lookup, found, from: id, at: now, wallClock: wallClock) }
        case (.resumption(let lookup, let owner, let looks), .found(let found)):
            if let id { try resume(lookup, found, owner: owner, looks: looks, from: id, at: now, wallClock: wallClock) }
        case (.move(let invitation, _, _), .moved(true)):
            if let id { try settle(invitation, on: id, at: now, wallClock: wallClock) }
        case (.move(let invitation, let owner, let looks), .moved(false)):
            if let id { try look(for: invitation.lookup, owner: owner, looks: looks + 1, from: id, at: now) }
        case (.status(let lookup, let owner), .found(let found)):
            if let id { tellStatus(lookup, found, owner: owner, to: id, wallClock: wallClock) }
        case (.prolongation(_, let lifetime, let owner), .found(let found)):
            if let id { try prolong(found, lifetime: lifetime, owner: owner, for: id, at: now, wallClock: wallClock) }
        case (.closing(_, let owner), .found(let found)):
            if let id { try close(found, owner: owner, for: id, at: now, wallClock: wallClock) }
        case (.nothing, _): return
        case (_, .creation), (_, .found), (_, .use), (_, .moved), (_, .done): throw .unavailable  // the answer to another question
        }
    }
}
