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
    /// The connections that it has begun, until one of them is open.
    private var opening: [RelayURL: Connection] = [:]
    /// What came of an earlier attempt counts no more; and how many nodes were asked.
    private var attempts = 0
    private var turns = 0
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

    /// One after the other, as `NodeRace` does: the next one as well when one has not answered in a second, and at once when one refuses.
    private func ask(_ nodes: [Node]) {
        abandon()
        places = nodes
        askNext()
    }

    private func askNext() {
        guard !places.isEmpty else { return opening.isEmpty ? failed() : () }
        let node = places.removeFirst()
        turns += 1
        let (attempt, turn) = (attempts, turns)
        opening[node.url] = Connection(world, to: node, from: source, trip: trip) { [self] event in
            guard attempt == attempts else { return }
            switch event {
            case .opened: return opened(node)
            case .text(let text): client.receive(text, at: world.wallClock)
            case .closed: return opening[node.url] == nil ? lost(node.url) : passBy(node)
            }
            handleEvents()
        }
        world.agenda.after(Plan.patience) { [self] in if attempt == attempts, opening[node.url] != nil { passBy(node) } }
        guard !places.isEmpty else { return }
        world.agenda.after(Plan.stagger) { [self] in
            guard attempt == attempts, turn == turns, connection == nil else { return }
            silent.insert(node.url)
            askNext()
        }
    }

    /// The first that is open is the one.
    private func opened(_ node: Node) {
        guard let first = opening.removeValue(forKey: node.url) else { return }
        for late in opening.values { late.close() }
        (connection, opening) = (first, [:])
        silent.remove(node.url)
        client.connectionOpened(to: node.url)
        handleEvents()
    }

    private func passBy(_ node: Node) {
        opening.removeValue(forKey: node.url)?.close()
        silent.insert(node.url)
        if connection == nil { askNext() }
    }

    private func abandon() {
        attempts += 1
        for late in opening.values { late.close() }
        opening = [:]
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
        abandon()
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
        // Nobody has known yet, but it counts.
        if lostAt == nil { lostAt = world.deadSince ?? world.agenda.now }
        silent.insert(url)
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
        world.agenda.after(delay) { [self] in
            let all = world.nodes.shuffled(using: &world.random)
            ask(all.filter { !silent.contains($0.url) } + all.filter { silent.contains($0.url) })
        }
    }
}
