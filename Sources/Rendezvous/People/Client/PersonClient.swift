/// A person's side of the contacts: proves the key to a relay, is present there, and calls and is called with letters that the
/// relay cannot read.
///
/// The driver opens the WebSocket and says so, passes texts in and `nextMessage()` out, and drains `nextEvent()`, all after every
/// call. After a lost connection, or when it is told to go elsewhere, it opens another one and says so again: what was asked and
/// not answered is asked again, and who was present is so again. Calls end with their connection. One client is for one identity
/// and is kept for as long as the program runs: it remembers the letters that it has read.
public struct PersonClient: Sendable {
    public enum Event: Sendable, Equatable {
        case identified
        case registered(PersonName)
        case present(PersonName)
        /// The key that the relay knows for a name; nil: nobody has it.
        case person(PersonName, PersonKey?)
        /// The key of whoever is there under a name; nil: not there, or not for us.
        case presence(PersonName, PersonKey?)
        /// Another node is where that is asked. To be present, move the connection there; ask the rest on a connection of its own.
        case elsewhere(RelayURL, for: Asked)
        case refused(ContactRefusal, of: Asked)
        /// Nobody takes the call, whatever the reason.
        case unavailable(CallID)
        /// The request is passed on if there is anybody.
        case asked(CallID)
        /// A letter of somebody who may call: opened, and written by that key, just now and for this.
        case called(CallID, from: PersonKey, CallLetter)
        case answered(CallID, AnswerLetter)
        /// The other side, the relay or a lost connection ended the call.
        case hungUp(CallID, AnswerLetter?)
        /// The same person is present from elsewhere: another program of theirs. Coming back would drive that one away.
        case replaced
    }

    enum State: Sendable {
        case disconnected
        case identifying(RelayURL), proving(RelayURL), identified(RelayURL)
    }

    struct Presence: Sendable {
        var name: PersonName
        var allow: AllowList
        var strangers: Bool
    }

    struct OutgoingCall: Sendable {
        let person: Person
        let mark: [UInt8]
        /// The answers that were read: none twice.
        var heard: Set<[UInt8]> = []
    }

    struct IncomingCall: Sendable {
        let caller: PersonKey
        let mark: [UInt8]
    }

    /// Commands that wait for a connection.
    static let maximumWaiting = 2048
    /// Questions that the relay has not answered: it reads on only so far while it waits for its store.
    static let window = 32
    /// Calls that a relay may make us keep; an honest one has fewer.
    static let maximumIncomingCalls = 32

    let identity: PersonIdentity
    var random: any RandomNumberGenerator & Sendable
    var state = State.disconnected
    var presence: Presence?
    var redirects = Redirects()
    /// The relay that we were sent to, to be present, and have not reached yet.
    var sentTo: RelayURL?
    /// Told, and not answered; in this order.
    var unanswered: [PersonMessage] = []
    var waiting: [PersonMessage] = []
    var outgoing: [CallID: OutgoingCall] = [:]
    var incoming: [CallID: IncomingCall] = [:]
    /// What strangers write fills no memory of what contacts write.
    var contactLetters = LetterMemory()
    var strangerLetters = LetterMemory()
    var messages: [[UInt8]] = []
    var events: [Event] = []

    public init(
        identity: PersonIdentity, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.identity = identity
        self.random = random
    }

    public var isIdentified: Bool {
        switch state {
        case .identified: true
        case .disconnected, .identifying, .proving: false
        }
    }

    /// The relay that there is a connection to.
    public var relay: RelayURL? {
        switch state {
        case .disconnected: nil
        case .identifying(let relay), .proving(let relay), .identified(let relay): relay
        }
    }

    // MARK: Commands

    /// The name is to be ours at this relay.
    public mutating func register(_ name: PersonName) { enqueue(.register(name)) }

    /// We are there under a name of ours, now and on every later connection: these may see us and call, and others ask to become
    /// one of them if strangers are welcome. False for more than 500 keys; then nothing changes.
    @discardableResult
    public mutating func present(_ name: PersonName, allow keys: some Sequence<PersonKey>, strangers: Bool) -> Bool {
        guard let allow = AllowList(keys) else { return false }
        presence = Presence(name: name, allow: allow, strangers: strangers)
        if isIdentified { enqueue(.present(name, allow, strangers: strangers)) }
        return true
    }

    /// Others may see us from now on.
    @discardableResult
    public mutating func allow(_ keys: some Sequence<PersonKey>, strangers: Bool) -> Bool {
        guard presence != nil, let allow = AllowList(keys) else { return false }
        presence?.allow = allow
        presence?.strangers = strangers
        if isIdentified { enqueue(.allow(allow, strangers: strangers)) }
        return true
    }

    /// We are not there any more.
    public mutating func stopPresence() {
        guard presence != nil else { return }
        presence = nil
        if isIdentified { enqueue(.absent) }
    }

    /// Whose name is it? Answer: `person`.
    public mutating func look(up name: PersonName) { enqueue(.look(name)) }

    /// Is somebody there? Answer: `presence` or `elsewhere`.
    public mutating func askPresence(of name: PersonName) { enqueue(.presence(name)) }

    /// Calls somebody with a letter. Nil when no letter can be sealed to that key.
    public mutating func call(_ person: Person, _ letter: CallLetter, at now: UnixTime) -> CallID? {
        let sealed = seal(letter.text, .call(letter.kind), about: [], to: person.key, at: now)
        guard let sealed else { return nil }
        let call = CallID.random(using: &random)
        outgoing[call] = OutgoingCall(person: person, mark: sealed.mark)
        enqueue(.call(call, person.name, person.key, letter.kind, payload: sealed.payload))
        return call
    }

    /// Writes to who has called; false when the call is over. Several letters may follow each other.
    @discardableResult
    public mutating func answer(_ call: CallID, _ letter: AnswerLetter, at now: UnixTime) -> Bool {
        guard let incoming = incoming[call],
            let sealed = seal(letter.text, .answer, about: incoming.mark, to: incoming.caller, at: now)
        else { return false }
        enqueue(.answer(call, payload: sealed.payload))
        return true
    }

    /// Ends a call, perhaps with a last letter.
    public mutating func hangUp(_ call: CallID, saying letter: AnswerLetter? = nil, at now: UnixTime) {
        let (other, mark): (PersonKey, [UInt8])
        if let call = outgoing.removeValue(forKey: call) {
            (other, mark) = (call.person.key, call.mark)
        } else if let call = incoming.removeValue(forKey: call) {
            (other, mark) = (call.caller, call.mark)
        } else {
            return
        }
        let sealed = letter.map { seal($0.text, .farewell, about: mark, to: other, at: now) } ?? nil
        enqueue(.hangUp(call, payload: sealed?.payload))
    }

    private mutating func seal(
        _ text: [UInt8], _ purpose: Letter.Purpose, about reference: [UInt8], to reader: PersonKey, at now: UnixTime
    ) -> Letter.Sealed? {
        Letter.seal(text, purpose, about: reference, from: identity, to: reader, at: now, using: &random)
    }

    // MARK: What happens

    public mutating func connectionOpened(to relay: RelayURL) {
        guard case .disconnected = state else { return }
        // Who comes to another relay than it was sent to, as that one did not answer, goes in no circle.
        if sentTo.map({ $0 != relay }) ?? false { redirects.arrive() }
        sentTo = nil
        state = .identifying(relay)
        messages.append(PersonMessage.identify(identity.key).text)
    }

    public mutating func connectionClosed() {
        state = .disconnected
        messages.removeAll()
        for call in outgoing.keys { events.append(.hungUp(call, nil)) }
        for call in incoming.keys { events.append(.hungUp(call, nil)) }
        outgoing.removeAll()
        incoming.removeAll()
        waiting = (unanswered + waiting).filter(\.outlivesConnection)
        unanswered.removeAll()
    }

    public mutating func nextMessage() -> [UInt8]? { messages.isEmpty ? nil : messages.removeFirst() }
    public mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    // MARK: What waits

    mutating func enqueue(_ message: PersonMessage) {
        // Whoever tries for hours to be at a relay says so at each attempt, and has it said once. Other questions have an answer each.
        if case .register = message, waiting.contains(message) || unanswered.contains(message) { return }
        guard waiting.count < Self.maximumWaiting else {
            if let asked = message.asked { events.append(.refused(.busy, of: asked)) }
            return
        }
        waiting.append(message)
        pump()
    }

    /// Says what may be said now, in order.
    mutating func pump() {
        guard isIdentified else { return }
        var said = 0
        for message in waiting {
            if message.asked != nil {
                guard unanswered.count < Self.window else { break }
                unanswered.append(message)
            }
            messages.append(message.text)
            said += 1
        }
        waiting.removeFirst(said)
    }
}

extension PersonMessage {
    /// What an answer to it is about; nil for what has none.
    var asked: Asked? {
        switch self {
        case .look(let name): .look(name)
        case .register(let name): .register(name)
        case .present(let name, _, _): .present(name)
        case .presence(let name): .presence(name)
        // One that rings is answered by a person.
        case .call, .identify, .prove, .absent, .allow, .answer, .hangUp: nil
        }
    }

    /// Whether it is worth asking again on another connection.
    fileprivate var outlivesConnection: Bool {
        switch self {
        case .look, .register, .presence: true
        // Presence is said again by itself, and calls are over.
        case .present, .absent, .allow, .call, .answer, .hangUp, .identify, .prove: false
        }
    }
}
