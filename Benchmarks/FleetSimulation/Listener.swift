import NetPrimitives
import Rendezvous

/// A person's `listen`: registers the name once, is present at its home, follows when told to, and comes back after a loss. When and
/// where it tries again is what `PresenceSchedule` of `ra-connect` does.
final class Listener {
    let number: Int
    let person: Person
    private unowned let world: World
    private var client: PersonClient
    private var connection: Connection?
    private let source: IPAddress
    private let trip: Duration
    private var failures = 0
    /// In the order in which it asks them.
    private let order: [Node]
    /// The node that it was sent to by another, which lives.
    private var directed = false
    /// Where it is present; nil: nowhere.
    private(set) var place: RelayURL?
    /// Since when it tries.
    private var lostAt: Instant?

    init(_ number: Int, _ person: Person, _ identity: PersonIdentity, _ world: World) {
        (self.number, self.person, self.world) = (number, person, world)
        client = PersonClient(identity: identity, random: Random(world.random.next()))
        source = .v4(0x0B00_0000 + UInt32(truncatingIfNeeded: number))
        trip = .milliseconds(10) + world.random.duration(upTo: .milliseconds(50))
        order = world.nodes.shuffled(using: &world.random)
    }

    func begin() {
        client.register(person.name)
        client.present(person.name, allow: world.contacts(of: number).map { world.people[$0].person.key }, strangers: false)
        lostAt = world.agenda.now
        connect(to: order[0])
    }

    private func connect(to node: Node) {
        connection = Connection(world, to: node, from: source, trip: trip) { [self] event in
            switch event {
            case .opened: client.connectionOpened(to: node.url)
            case .text(let text): client.receive(text, at: world.wallClock)
            case .closed: return lost(node.url)
            }
            handleEvents()
        }
    }

    private func handleEvents() {
        send()
        while let event = client.nextEvent() {
            switch event {
            case .present(let name):
                guard name == person.name, let relay = client.relay else { continue }
                place = relay
                failures = 0
                directed = false
                if let lostAt { world.arrived(self, after: world.agenda.now - lostAt) }
                lostAt = nil
            case .elsewhere(let url, for: .present):
                leave()
                if lostAt == nil { lostAt = world.agenda.now }
                directed = true
                if let node = world.node(url) { connect(to: node) } else { failed() }
                return
            case .refused(.busy, of: .present):
                // Sent in circles: the fleet has not agreed yet.
                leave()
                return failed()
            case .refused(let code, of: let asked): world.complain("\(person.name): \(code) of \(asked)")
            case .called(let call, from: let key, _):
                if !world.contacts(of: number).contains(where: { world.people[$0].person.key == key }) {
                    world.complain("\(person.name) was called by a stranger")
                }
                client.answer(call, .accepted, at: world.wallClock)
                send()
            case .replaced: world.complain("\(person.name) was replaced")
            case .elsewhere, .identified, .registered, .person, .presence, .unavailable, .asked, .answered, .hungUp: break
            }
        }
    }

    private func send() { while let text = client.nextMessage() { connection?.send(text) } }

    private func leave() {
        connection?.close()
        connection = nil
        client.connectionClosed()
        while client.nextEvent() != nil {}
        place = nil
    }

    private func lost(_ url: RelayURL) {
        connection = nil
        client.connectionClosed()
        while client.nextEvent() != nil {}
        if lostAt == nil { lostAt = world.agenda.now }
        guard place != nil else { return failed() }
        world.left(self)
        place = nil
        // It may be the node that has died: another one is asked, not by everybody in the same moment.
        failures = 1
        tryAgain(after: world.random.duration(upTo: world.plan.jitter))
    }

    /// At the next node, after a while that grows, but not while nodes that live name one that does not: they will know soon.
    private func failed() {
        failures += 1
        let longest = directed ? min(world.plan.longestDelay, world.plan.longestDelayWhenSent) : world.plan.longestDelay
        directed = false
        let pause = min(Plan.shortestPause * Double(1 << min(failures, 10)), longest)
        tryAgain(after: pause / 2 + world.random.duration(upTo: pause / 2))
    }

    private func tryAgain(after delay: Duration) {
        world.agenda.after(delay) { [self] in connect(to: order[failures % order.count]) }
    }
}
