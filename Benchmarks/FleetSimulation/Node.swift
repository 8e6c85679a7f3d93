import NetPrimitives
import Rendezvous

/// One relay of the fleet: a real switchboard, behind a processor that takes its time, and in front of a store that all share.
final class Node {
    let url: RelayURL
    private unowned let world: World
    private var switchboard: Switchboard
    private var ends: [ConnectionID: Connection] = [:]
    private var lastConnection: UInt64 = 0
    /// When the processor has done what it was given.
    private var busyUntil = Instant.zero
    private(set) var isAlive = true
    private(set) var lastHeartbeat = Instant.zero
    /// Messages in and out, and connections, by the second of virtual time.
    private(set) var messages: [Int: Int] = [:]
    private(set) var connections: [Int: Int] = [:]
    private(set) var longestQueue = Duration.zero

    init(_ url: RelayURL, _ world: World, all: [RelayURL], seed: UInt64) {
        (self.url, self.world) = (url, world)
        var bounds = SwitchboardConfiguration()
        // A node is given as many as the plan has: whether they fit is what is asked.
        bounds.maximumConnections = .max
        bounds.maximumPeople = .max
        switchboard = Switchboard(fleet: FleetView(here: url, others: all), configuration: bounds, random: Random(seed))
    }

    var presentCount: Int { switchboard.presentCount }
    var counters: SwitchboardCounters { switchboard.counters }

    // MARK: The fleet

    /// Says that it lives, and reads who else does.
    func beat() {
        guard isAlive else { return }
        lastHeartbeat = world.agenda.now
        switchboard.setFleet(FleetView(here: url, others: world.livingNodes()))
        drain()
        world.agenda.after(world.plan.heartbeat) { [self] in beat() }
    }

    func sweep() {
        guard isAlive else { return }
        switchboard.handleTimeout(at: world.agenda.now, wallClock: world.wallClock)
        drain()
        world.agenda.after(.seconds(1)) { [self] in sweep() }
    }

    /// At once, with everything that it knew.
    func die() {
        isAlive = false
        for connection in ends.values { connection.dies() }
        ends = [:]
    }

    // MARK: Connections

    /// The client's opening has arrived.
    func open(_ connection: Connection) {
        work(world.plan.connectionCost) { [self] in
            lastConnection += 1
            let id = ConnectionID(lastConnection)
            ends[id] = connection
            connections[second, default: 0] += 1
            switchboard.connectionOpened(id, source: connection.source, host: url.host, at: world.agenda.now)
            connection.accepted(as: id)
            drain()
        }
    }

    func receive(_ text: [UInt8], from id: ConnectionID) {
        work(world.plan.messageCost) { [self] in
            guard ends[id] != nil else { return }
            messages[second, default: 0] += 1
            switchboard.receive(text, from: id, at: world.agenda.now, wallClock: world.wallClock)
            drain()
        }
    }

    func closed(_ id: ConnectionID) {
        guard ends.removeValue(forKey: id) != nil else { return }
        switchboard.connectionClosed(id, at: world.agenda.now)
        drain()
    }

    private var second: Int { Int(world.agenda.now.nanoseconds / 1_000_000_000) }

    private func work(_ cost: Duration, _ act: @escaping () -> Void) {
        guard isAlive else { return }
        busyUntil = max(busyUntil, world.agenda.now) + cost
        longestQueue = max(longestQueue, busyUntil - world.agenda.now)
        world.agenda.at(busyUntil) { [self] in if isAlive { act() } }
    }

    private func drain() {
        while let output = switchboard.nextOutput() {
            switch output {
            case .send(let text, let id):
                messages[second, default: 0] += 1
                ends[id]?.deliver(text)
            case .close(let id):
                ends.removeValue(forKey: id)?.dies()
                switchboard.connectionClosed(id, at: world.agenda.now)
            case .ask(let ticket, let request):
                world.agenda.after(Plan.storeTime) { [self] in
                    guard isAlive else { return }
                    let answer = world.ask(request)
                    switchboard.answered(ticket, answer, at: world.agenda.now, wallClock: world.wallClock)
                    drain()
                }
            }
        }
    }
}
