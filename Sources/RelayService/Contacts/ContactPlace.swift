import HostNetwork
import NIOCore
import NIOTransport
import NetPrimitives
import Rendezvous

/// Runs the switchboard for all WebSockets of contacts, on one event loop; its store has threads of its own.
actor ContactPlace: SocketPlace {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let stores: StoreThreads
    private var machine: Switchboard
    private var names: RelayNames
    private var sockets: [ConnectionID: any Channel] = [:]
    private var lastConnection: UInt64 = 0
    private var timer: Scheduled<Void>?

    init(stores: StoreThreads, bounds: SwitchboardConfiguration, names: RelayNames, fleet: FleetView, loop: any EventLoop) {
        self.loop = loop
        self.stores = stores
        self.names = names
        machine = Switchboard(fleet: fleet, configuration: bounds)
    }

    init(stores: StoreThreads, _ configuration: ServeConfiguration, loop: any EventLoop) {
        let host = configuration.publicAuthority?.host
        // Until the listeners are open nobody comes; then it is known what this node is called.
        let here = host.flatMap { RelayURL("https://" + $0) } ?? RelayURL(asWritten: "localhost")
        guard let here else { preconditionFailure("localhost is a host") }
        self.init(
            stores: stores, bounds: configuration.contacts,
            names: RelayNames(publicHost: host, fleet: configuration.fleetName, externalAddresses: configuration.externalAddresses),
            fleet: FleetView(here: here), loop: loop)
    }

    /// Takes other bounds, for what is asked from now on, and the name that the fleet has.
    nonisolated func reconfigure(_ configuration: ServeConfiguration) {
        loop.execute {
            self.assumeIsolated {
                $0.machine.reconfigure(configuration.contacts)
                $0.names.fleet = configuration.fleetName
            }
        }
    }

    /// Takes other bans; how many connections it closes.
    func setBans(_ bans: PersonBans) -> Int {
        defer { drain() }
        return machine.setBans(bans)
    }

    /// The nodes that live now.
    nonisolated func setFleet(_ fleet: FleetView) {
        loop.execute {
            self.assumeIsolated {
                $0.names.nodes = Set((fleet.nodes + fleet.leaving + [fleet.here]).map(\.host))
                $0.machine.setFleet(fleet)
            }
        }
    }

    /// A WebSocket was opened; one that asks for another relay than this is closed, as its proof would be none.
    func open(_ channel: any Channel, source: IPAddress, host: String) -> ConnectionID {
        lastConnection += 1
        let id = ConnectionID(lastConnection)
        guard names.include(host, source: source, local: channel.localAddress.flatMap(TransportAddress.init)?.ip) else {
            channel.close(promise: nil)
            return id
        }
        sockets[id] = channel
        machine.connectionOpened(id, source: source, host: host, at: MonotonicClock.now())
        drain()
        return id
    }

    func receive(_ text: [UInt8], from id: ConnectionID) {
        machine.receive(text, from: id, at: MonotonicClock.now(), wallClock: MeetingPlace.wallClock())
        drain()
    }

    func close(_ id: ConnectionID, isSilent: Bool) {
        guard sockets.removeValue(forKey: id) != nil else { return }
        machine.connectionClosed(id, at: MonotonicClock.now())
        drain()
    }

    /// Nobody else comes to be present, and who is there is sent to other nodes; calls go on.
    func beginDraining() {
        machine.beginDraining()
        drain()
    }

    /// Whether somebody has not been told yet where to go, or is being called.
    var isBusy: Bool { machine.moverCount > 0 || machine.callCount > 0 }

    func report() -> ContactReport {
        ContactReport(
            counters: machine.counters, connections: machine.connectionCount, present: machine.presentCount,
            calls: machine.callCount)
    }

    private func drain() {
        while let output = machine.nextOutput() {
            switch output {
            case .send(let text, let id): sockets[id]?.writeAndFlush(WebSocketMessage.text(text), promise: nil)
            case .close(let id): sockets[id]?.close(promise: nil)
            case .ask(let ticket, let request): ask(request, ticket)
            }
        }
        guard timer == nil, let deadline = machine.nextDeadline else { return }
        timer = loop.scheduleTask(in: .until(deadline, from: MonotonicClock.now())) {
            self.assumeIsolated { $0.handleTimeout() }
        }
    }

    private func ask(_ request: PeopleRequest, _ ticket: StoreTicket) {
        stores.run({ try request.perform(in: &$0) }) { [loop] answer in
            loop.execute { self.assumeIsolated { $0.answered(ticket, answer) } }
        }
    }

    private func answered(_ ticket: StoreTicket, _ answer: PeopleAnswer?) {
        machine.answered(ticket, answer, at: MonotonicClock.now(), wallClock: MeetingPlace.wallClock())
        drain()
    }

    private func handleTimeout() {
        timer = nil
        machine.handleTimeout(at: MonotonicClock.now(), wallClock: MeetingPlace.wallClock())
        drain()
    }
}
