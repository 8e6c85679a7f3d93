import NetPrimitives
import Rendezvous
import Testing

/// A relay, its sharers and its helpers in one place, with the wires between them and a clock.
///
/// `onWayToClient` is the relay's dishonest hand: what it returns is delivered instead.
struct Stage {
    var server: MeetingServer
    var store = InMemoryInvitationStore()
    /// While it is, questions to the store pile up in `asked`.
    var storeIsSlow = false
    var asked: [(ticket: StoreTicket, request: InvitationRequest)] = []
    var now = Instant.zero
    var wallClock = UnixTime(seconds: 1_795_000_000)
    var sharers: [ConnectionID: SharerClient] = [:]
    var helpers: [ConnectionID: HelperClient] = [:]
    /// Connections without a client: what the server said to them.
    var heard: [ConnectionID: [ServerMessage]] = [:]
    var closed: Set<ConnectionID> = []
    var sharerEvents: [ConnectionID: [SharerClient.Event]] = [:]
    var helperEvents: [ConnectionID: [HelperClient.Event]] = [:]
    /// What each helper says as soon as it holds the key, before it has heard of the sharer's.
    var earlyPayloads: [PeerPayload] = []
    var onWayToClient: (ServerMessage, ConnectionID) -> [ServerMessage] = { message, _ in [message] }
    /// The newest connection.
    private(set) var latest = ConnectionID(0)
    private var seed: UInt64

    static let address = IPAddress.v4(0x0B16_2101)

    init(seed: UInt64 = 1, configuration: MeetingServerConfiguration = .init(), turn: Bool = true) {
        self.seed = seed
        server = MeetingServer(
            configuration: configuration, random: SeededRandom(seed: seed)
        ) { label, expires in
            turn
                ? TURNCredentials(
                    username: "\(expires.seconds):\(label)", password: Secret("turn".utf8), expires: expires,
                    uris: ["turn:relay:3478"]) : nil
        }
    }

    // MARK: People

    mutating func connect(from source: IPAddress = address) -> ConnectionID {
        let id = ConnectionID(latest.number + 1)
        latest = id
        server.connectionOpened(id, source: source, at: now)
        run()
        return id
    }

    mutating func sharer(_ terms: InvitationTerms = .init(), from source: IPAddress = address) -> ConnectionID {
        let id = connect(from: source)
        seed += 1
        var client = SharerClient(random: SeededRandom(seed: seed))
        client.createInvitation(terms)
        client.connectionOpened()
        sharers[id] = client
        run()
        return id
    }

    mutating func lookupOfNewSharer(_ terms: InvitationTerms) -> Lookup {
        let id = sharer(terms)
        return invitation(of: id).lookup
    }

    mutating func helper(_ invitation: Invitation, from source: IPAddress = address) -> ConnectionID {
        let id = connect(from: source)
        seed += 1
        var client = HelperClient(invitation: invitation, random: SeededRandom(seed: seed))
        client.connectionOpened(at: now)
        helpers[id] = client
        run()
        return id
    }

    /// What a helper who was told the code, or sent the link, holds.
    func invitation(of sharer: ConnectionID, _ kind: InvitationKey.Kind = .code) -> Invitation {
        guard let owned = sharers[sharer]?.invitation else {
            Issue.record("the sharer has no invitation")
            var random = SeededRandom(seed: 98)
            return Invitation(relay: nil, lookup: .random(using: &random), key: .randomCode(using: &random))
        }
        return Invitation(relay: nil, lookup: owned.lookup, key: owned.key(kind))
    }

    /// The right look-up with another secret.
    func wrongInvitation(of sharer: ConnectionID, _ kind: InvitationKey.Kind = .code) -> Invitation {
        var random = SeededRandom(seed: 99)
        var invitation = invitation(of: sharer, kind)
        invitation.key = kind == .code ? .randomCode(using: &random) : .randomLink(using: &random)
        return invitation
    }

    // MARK: Wires

    mutating func say(_ message: ClientMessage, from id: ConnectionID) { say(message.text, from: id) }

    mutating func say(_ text: [UInt8], from id: ConnectionID) {
        server.receive(text, from: id, at: now, wallClock: wallClock)
        run()
    }

    mutating func disconnect(_ id: ConnectionID, isSilent: Bool = false) {
        sharers[id]?.connectionClosed()
        helpers[id]?.connectionClosed()
        server.connectionClosed(id, isSilent: isSilent, at: now)
        run()
    }

    /// The sharer's client on a new connection.
    mutating func reconnect(_ id: ConnectionID) -> ConnectionID {
        let new = connect()
        sharers[new] = sharers.removeValue(forKey: id)
        sharers[new]?.connectionOpened()
        run()
        return new
    }

    /// A sharer and a helper who have met and told each other who they are.
    mutating func pair() -> (sharer: ConnectionID, helper: ConnectionID, meeting: MeetingID) {
        let sharer = sharer()
        let helper = helper(invitation(of: sharer))
        let meeting = verified(by: sharer).first ?? MessageTests.meeting
        helpers[helper]?.send(.description(PeerTests.peer))
        sharers[sharer]?.send(.description(PeerTests.peer), to: meeting)
        run()
        return (sharer, helper, meeting)
    }

    /// The network is gone, and neither the client nor the relay knows of the other. What is said meanwhile is lost.
    mutating func cut(_ ids: ConnectionID...) {
        for id in ids {
            sharers[id]?.connectionClosed()
            helpers[id]?.connectionClosed()
        }
        run()
    }

    /// A client on a new connection, from another address; what was heard of it so far is under its new number too.
    mutating func comeBack(_ id: ConnectionID, from source: IPAddress = .v4(0x0B16_2202)) -> ConnectionID {
        let new = connect(from: source)
        sharers[new] = sharers.removeValue(forKey: id)
        helpers[new] = helpers.removeValue(forKey: id)
        sharers[new]?.connectionOpened()
        helpers[new]?.connectionOpened(at: now)
        run()
        return new
    }

    mutating func advance(seconds: Int) {
        for _ in 0..<seconds {
            now += .seconds(1)
            wallClock = wallClock.advanced(bySeconds: 1)
            server.handleTimeout(at: now, wallClock: wallClock)
            for id in helpers.keys { helpers[id]?.handleTimeout(at: now) }
            run()
        }
    }

    /// Moves on by a long time in one step.
    mutating func skip(seconds: Int) {
        now += .seconds(seconds - 1)
        wallClock = wallClock.advanced(bySeconds: seconds - 1)
        advance(seconds: 1)
    }

    /// Delivers until nobody has anything to say.
    mutating func run() {
        var moved = true
        while moved {
            moved = false
            for id in sharers.keys.sorted(by: { $0.number < $1.number }) {
                while let text = sharers[id]?.nextMessage() {
                    server.receive(text, from: id, at: now, wallClock: wallClock)
                    moved = true
                }
                while let event = sharers[id]?.nextEvent() { sharerEvents[id, default: []].append(event) }
            }
            for id in helpers.keys.sorted(by: { $0.number < $1.number }) {
                while let event = helpers[id]?.nextEvent() {
                    helperEvents[id, default: []].append(event)
                    guard case .agreed = event else { continue }
                    for payload in earlyPayloads { helpers[id]?.send(payload) }
                }
                while let text = helpers[id]?.nextMessage() {
                    server.receive(text, from: id, at: now, wallClock: wallClock)
                    moved = true
                }
            }
            while let output = server.nextOutput() {
                moved = true
                switch output {
                case .close(let id): closed.insert(id)
                case .send(let text, let id): deliver(text, to: id)
                case .ask(let ticket, let request):
                    asked.append((ticket, request))
                    if !storeIsSlow { answerNext() }
                }
            }
        }
    }

    /// The store's answer to the question that has waited longest; nil and false stand for a store that fails.
    mutating func answerNext(works: Bool = true) {
        let (ticket, request) = asked.removeFirst()
        server.answered(ticket, works ? try? request.perform(in: &store) : nil, at: now, wallClock: wallClock)
    }

    private mutating func deliver(_ text: [UInt8], to id: ConnectionID) {
        guard let message = try? ServerMessage(parsing: text) else {
            Issue.record("the server talks nonsense")
            return
        }
        for said in onWayToClient(message, id) {
            heard[id, default: []].append(said)
            sharers[id]?.receive(said.text)
            helpers[id]?.receive(said.text, at: now)
        }
    }
}

extension Stage {
    /// The invitation that a connection without a client has made.
    func lookup(of sharer: ConnectionID) -> Lookup? {
        heard[sharer]?.compactMap { if case .created(let lookup, _, _, _, _, _) = $0 { lookup } else { nil } }.last
    }

    /// The meeting that a connection without a client is in as a helper.
    func meeting(of helper: ConnectionID) -> MeetingID? {
        heard[helper]?.compactMap { if case .met(let meeting) = $0 { meeting } else { nil } }.last
    }

    func ends(of helper: ConnectionID) -> [HelperClient.End] {
        (helperEvents[helper] ?? []).compactMap { if case .ended(let end) = $0 { end } else { nil } }
    }

    func isVerified(_ helper: ConnectionID) -> Bool {
        (helperEvents[helper] ?? []).contains { if case .verified = $0 { true } else { false } }
    }

    /// The meetings that the sharer has verified.
    func verified(by sharer: ConnectionID) -> [MeetingID] {
        (sharerEvents[sharer] ?? []).compactMap { if case .helperVerified(let id, _) = $0 { id } else { nil } }
    }

    func invitationEnds(of sharer: ConnectionID) -> [SharerClient.InvitationEnd] {
        (sharerEvents[sharer] ?? []).compactMap { if case .invitationEnded(let end) = $0 { end } else { nil } }
    }

    func payloads(to helper: ConnectionID) -> [PeerPayload] {
        (helperEvents[helper] ?? []).compactMap { if case .payload(let payload) = $0 { payload } else { nil } }
    }

    func payloads(toSharer sharer: ConnectionID) -> [PeerPayload] {
        (sharerEvents[sharer] ?? []).compactMap { if case .payload(let payload, _) = $0 { payload } else { nil } }
    }
}
