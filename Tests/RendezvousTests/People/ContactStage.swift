import NetPrimitives
@testable import Rendezvous
import Testing

/// A directory of people in memory.
struct PeopleByName: PeopleStore {
    struct Away: Error {}
    var people: [PersonName: PersonKey] = [:]

    mutating func register(_ person: Person, at time: UnixTime) throws -> Person {
        people[person.name] = people[person.name] ?? person.key
        return Person(name: person.name, key: people[person.name] ?? person.key)
    }
    mutating func person(_ name: PersonName) throws -> Person? { people[name].map { Person(name: name, key: $0) } }
    mutating func forget(_ name: PersonName) throws -> Bool { people.removeValue(forKey: name) != nil }
    mutating func personCount() throws -> Int { people.count }
}

/// The nodes of a fleet with one directory, people's clients, the wires between them and a clock.
///
/// `onWayToClient` and `onWayToRelay` are the relay's dishonest hands: what they return is delivered instead.
struct ContactStage {
    static let relay = RelayURL("https://relay.example.org")!
    static let address = IPAddress.v4(0x0B16_2101)

    var nodes: [RelayURL: Switchboard] = [:]
    var store = PeopleByName()
    /// Questions to the store wait for as long as this is set.
    var storeIsAway = false
    var questions: [(RelayURL, StoreTicket, PeopleRequest)] = []
    var now = Instant.zero
    var wallClock = UnixTime(seconds: 1_795_000_000)
    var clients: [ConnectionID: PersonClient] = [:]
    var places: [ConnectionID: RelayURL] = [:]
    var events: [ConnectionID: [PersonClient.Event]] = [:]
    /// What the relay said, word for word.
    var heard: [ConnectionID: [String]] = [:]
    var closed: Set<ConnectionID> = []
    var onWayToClient: ([UInt8], ConnectionID) -> [[UInt8]] = { text, _ in [text] }
    var onWayToRelay: ([UInt8], ConnectionID) -> [[UInt8]] = { text, _ in [text] }
    private var latest: UInt64 = 0

    init(nodes urls: [RelayURL] = [relay], configuration: SwitchboardConfiguration = .init()) {
        for (index, url) in urls.enumerated() {
            nodes[url] = Switchboard(
                fleet: FleetView(here: url, others: urls), configuration: configuration,
                random: SeededRandom(seed: UInt64(1000 + index)))
        }
    }

    /// The one node where there is no other.
    var switchboard: Switchboard { nodes[Self.relay]! }

    static func identity(_ number: UInt8) -> PersonIdentity {
        PersonIdentity(seed: Secret([UInt8](repeating: number, count: PersonIdentity.seedSize)))
    }

    static func name(_ text: String) -> PersonName { PersonName(text)! }

    // MARK: People

    mutating func connect(to relay: RelayURL = relay, host: String? = nil, from source: IPAddress = address) -> ConnectionID {
        latest += 1
        let id = ConnectionID(latest)
        places[id] = relay
        nodes[relay]?.connectionOpened(id, source: source, host: host ?? relay.host, at: now)
        run()
        return id
    }

    /// A client that has identified itself.
    mutating func person(_ number: UInt8, at relay: RelayURL = relay, from source: IPAddress = address) -> ConnectionID {
        let id = connect(to: relay, from: source)
        clients[id] = PersonClient(identity: Self.identity(number), random: SeededRandom(seed: latest))
        clients[id]?.connectionOpened(to: relay)
        run()
        return id
    }

    /// A client that is present under a name of its own, for those numbers.
    mutating func present(
        _ number: UInt8, as name: String, allow: [UInt8] = [], strangers: Bool = false, at relay: RelayURL = relay
    ) -> ConnectionID {
        let id = person(number, at: relay)
        clients[id]?.register(Self.name(name))
        clients[id]?.present(Self.name(name), allow: allow.map { Self.identity($0).key }, strangers: strangers)
        run()
        return id
    }

    mutating func change(_ id: ConnectionID, _ body: (inout PersonClient) -> Void) {
        guard var client = clients[id] else { return }
        body(&client)
        clients[id] = client
        run()
    }

    mutating func call(
        _ name: String, _ number: UInt8, _ letter: CallLetter = .request(ContactRequest(from: me)), by id: ConnectionID
    ) -> CallID {
        let person = Person(name: Self.name(name), key: Self.identity(number).key)
        let call = clients[id]?.call(person, letter, at: wallClock)
        run()
        guard let call = call ?? nil else {
            Issue.record("no letter can be written to \(name)")
            return CallID("00000000000000000000000000")!
        }
        return call
    }

    static let me = PersonAddress(name: PersonName("ann")!, relay: relay)

    static func ring(message: String? = nil, about: CallID? = nil) -> CallLetter {
        var random = SeededRandom(seed: 7)
        return .ring(
            Ring(
                from: me, relay: relay, lookup: Lookup("ABC123")!, key: .randomLink(using: &random),
                expires: UnixTime(seconds: 1_795_003_600), ceiling: .control, message: message, about: about))
    }

    // MARK: Wires

    /// The client on a new connection, perhaps to another node.
    mutating func reconnect(_ id: ConnectionID, to relay: RelayURL? = nil) -> ConnectionID {
        let relay = relay ?? places[id] ?? Self.relay
        disconnect(id)
        let new = connect(to: relay)
        clients[new] = clients.removeValue(forKey: id)
        clients[new]?.connectionOpened(to: relay)
        run()
        return new
    }

    mutating func disconnect(_ id: ConnectionID) {
        clients[id]?.connectionClosed()
        if let place = places[id] { nodes[place]?.connectionClosed(id, at: now) }
        run()
    }

    mutating func say(_ message: PersonMessage, from id: ConnectionID) { say(message.text, from: id) }

    mutating func say(_ text: [UInt8], from id: ConnectionID) {
        guard let place = places[id] else { return }
        nodes[place]?.receive(text, from: id, at: now, wallClock: wallClock)
        run()
    }

    mutating func advance(seconds: Int) {
        for _ in 0..<seconds {
            now += .seconds(1)
            wallClock = wallClock.advanced(bySeconds: 1)
            for url in nodes.keys { nodes[url]?.handleTimeout(at: now, wallClock: wallClock) }
            run()
        }
    }

    /// Delivers until nobody has anything to say.
    mutating func run() {
        var moved = true
        while moved {
            moved = false
            for id in clients.keys.sorted(by: { $0.number < $1.number }) {
                while let event = clients[id]?.nextEvent() { events[id, default: []].append(event) }
                while let text = clients[id]?.nextMessage() {
                    moved = true
                    guard let place = places[id] else { continue }
                    for said in onWayToRelay(text, id) {
                        nodes[place]?.receive(said, from: id, at: now, wallClock: wallClock)
                    }
                }
            }
            for url in nodes.keys.sorted(by: { $0.description < $1.description }) {
                while let output = nodes[url]?.nextOutput() {
                    moved = true
                    switch output {
                    case .close(let id): closed.insert(id)
                    case .send(let text, let id): deliver(text, to: id)
                    case .ask(let ticket, let request): questions.append((url, ticket, request))
                    }
                }
            }
            while !storeIsAway, !questions.isEmpty {
                moved = true
                let (url, ticket, request) = questions.removeFirst()
                nodes[url]?.answered(ticket, try? request.perform(in: &store), at: now, wallClock: wallClock)
            }
        }
    }

    private mutating func deliver(_ text: [UInt8], to id: ConnectionID) {
        for said in onWayToClient(text, id) {
            heard[id, default: []].append(String(decoding: said, as: UTF8.self))
            clients[id]?.receive(said, at: wallClock)
        }
    }
}

extension ContactStage {
    /// What was told since the last time it was asked.
    mutating func news(_ id: ConnectionID) -> [PersonClient.Event] {
        defer { events[id] = [] }
        return events[id] ?? []
    }

    /// The relay's words since the last time, in which the numbers of calls are all the same.
    mutating func words(_ id: ConnectionID) -> [String] {
        defer { heard[id] = [] }
        return (heard[id] ?? []).map { $0.replacing(#/"call":"[0-9A-Z]{26}"/#, with: #""call":"…""#) }
    }

    /// The call that rings there.
    func ringing(at id: ConnectionID) -> CallID? {
        (events[id] ?? []).compactMap { if case .called(let call, _, _) = $0 { call } else { nil } }.last
    }
}
