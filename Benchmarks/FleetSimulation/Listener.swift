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
    /// The nodes that this attempt asks yet, one after the other; and those that were lost, or did not answer.
    private var places: [Node] = []
    private var silent: Set<RelayURL> = []
    /// What came of an earlier connection counts no more.
    private var attempts = 0
    private var isAnswered = false
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
    }

    func begin() {
        client.register(person.name)
        client.present(person.name, allow: world.contacts(of: number).map { world.people[$0].person.key }, strangers: false)
        lostAt = world.agenda.now
        ask(world.nodes.shuffled(using: &world.random))
    }

    /// One after the other, as `NodeRace` does: the next one when one refuses, or does not answer in a second. (The one that is asked
    /// then is let go here, where it would be waited for: it makes no difference for one that has vanished.)
    private func ask(_ nodes: [Node]) {
        places = nodes
        askNext()
    }

    private func askNext() {
        guard !places.isEmpty else { return failed() }
        let node = places.removeFirst()
        attempts += 1
        isAnswered = false
        let number = attempts
        connection = Connection(world, to: node, from: source, trip: trip) { [self] event in
            guard number == attempts else { return }
            switch event {
            case .opened:
                isAnswered = true
                silent.remove(node.url)
                client.connectionOpened(to: node.url)
            case .text(let text): client.receive(text, at: world.wallClock)
            case .closed: return lost(node.url)
            }
            handleEvents()
        }
        guard !places.isEmpty else { return }
        world.agenda.after(Plan.stagger) { [self] in
            guard number == attempts, !isAnswered else { return }
            silent.insert(node.url)
            connection?.close()
            askNext()
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
                silent = []
                directed = false
                if let lostAt { world.arrived(self, after: world.agenda.now - lostAt) }
                lostAt = nil
            case .elsewhere(let url, for: .present):
                leave()
                if lostAt == nil { lostAt = world.agenda.now }
                directed = true
                ask(world.node(url).map { [$0] } ?? [])
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
        silent.insert(url)
        guard place != nil else { return isAnswered ? failed() : askNext() }
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
        world.agenda.after(delay) { [self] in
            let all = world.nodes.shuffled(using: &world.random)
            ask(all.filter { !silent.contains($0.url) } + all.filter { silent.contains($0.url) })
        }
    }
}
