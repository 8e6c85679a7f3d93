import NetPrimitives
import Rendezvous

/// A program of a person that comes for a moment: to list the contacts, or to call one of them.
final class Visitor {
    private unowned let world: World
    private let host: Listener
    private var client: PersonClient
    private var connection: Connection?
    private let trip: Duration
    /// Whose presence is still asked for, and at which nodes next.
    private var asked: Set<PersonName> = []
    private var elsewhere: [RelayURL: [PersonName]] = [:]
    private var expected: [PersonName: PersonKey?] = [:]
    private var calls: (callee: Person, began: Instant)?

    init(of host: Listener, _ identity: PersonIdentity, _ world: World) {
        (self.host, self.world) = (host, world)
        client = PersonClient(identity: identity, random: Random(world.random.next()))
        trip = .milliseconds(10) + world.random.duration(upTo: .milliseconds(50))
    }

    /// Asks for all contacts, and for one who is none and must not be seen.
    func list(_ contacts: [Listener], _ stranger: Listener) {
        for contact in contacts { expected[contact.person.name] = .some(contact.person.key) }
        expected[stranger.person.name] = .some(nil)
        ask(Array(expected.keys).sorted { $0.text < $1.text }, at: world.anyNode(but: nil, &world.random))
    }

    func call(_ callee: Person) {
        calls = (callee, world.agenda.now)
        connect(to: world.anyNode(but: nil, &world.random))
        ring()
    }

    private func ask(_ names: [PersonName], at node: Node) {
        asked = Set(names)
        connect(to: node)
        for name in names { client.askPresence(of: name) }
    }

    private func ring() {
        guard let callee = calls?.callee else { return }
        let from = PersonAddress(name: host.person.name, relay: world.nodes[0].url)
        client.look(up: callee.name)
        _ = client.call(callee, .offer(Offer(from: from, id: .random(using: &world.random), ceiling: .view, message: nil)), at: world.wallClock)
    }

    private func connect(to node: Node) {
        connection = Connection(world, to: node, from: .v4(0x0C00_0000 + UInt32(truncatingIfNeeded: host.number)), trip: trip) { [self] event in
            switch event {
            case .opened: client.connectionOpened(to: node.url)
            case .text(let text): client.receive(text, at: world.wallClock)
            case .closed: return end(ok: false)
            }
            handleEvents()
        }
    }

    private func handleEvents() {
        while let text = client.nextMessage() { connection?.send(text) }
        while let event = client.nextEvent() {
            switch event {
            case .presence(let name, let key):
                asked.remove(name)
                world.answered(name, key, expected: expected[name] ?? nil)
            case .elsewhere(let url, for: .presence(let name)):
                asked.remove(name)
                elsewhere[url, default: []].append(name)
            case .elsewhere(let url, for: .call):
                leave()
                guard let node = world.node(url) else { return end(ok: false) }
                connect(to: node)
                return ring()
            case .answered(let call, .accepted):
                if let calls { world.reached(calls.callee, after: world.agenda.now - calls.began) }
                client.hangUp(call, at: world.wallClock)
                while let text = client.nextMessage() { connection?.send(text) }
                return end(ok: true)
            case .unavailable:
                world.unavailable()
                return end(ok: true)
            case .refused: return end(ok: false)
            case .identified, .registered, .present, .person, .elsewhere, .asked, .called, .answered, .hungUp, .replaced: break
            }
        }
        guard calls == nil, asked.isEmpty else { return }
        // The next node.
        leave()
        guard let (url, names) = elsewhere.min(by: { "\($0.key)" < "\($1.key)" }) else { return end(ok: true) }
        elsewhere[url] = nil
        guard let node = world.node(url) else { return end(ok: false) }
        ask(names, at: node)
    }

    private func leave() {
        connection?.close()
        connection = nil
        client.connectionClosed()
        while client.nextEvent() != nil {}
    }

    private func end(ok: Bool) {
        leave()
        world.visited(ok: ok)
    }
}
