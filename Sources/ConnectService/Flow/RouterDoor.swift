import HostNetwork
package import NetPrimitives
package import PortMapping
import Synchronization

/// Asks the router to open a port for each of ours, keeps them open while the session lasts, has them tried from outside,
/// and closes them. It follows this computer into other networks, where other routers are asked.
///
/// Nobody waits for a proof: a peer is told of a port as soon as the router says that it is open, and tries it as it
/// tries everything else. One that the relay did not get in by is closed and made anew, and the peer is told of that one.
///
/// A router that speaks PCP and opens no port is asked where the peer will see us (`RouterDoor+Peers`).
///
/// A door that is dropped without `close()` has its ports closed as well, without being waited for.
package final class RouterDoor: Sendable {
    /// Has a port tried from outside.
    package typealias Prover = @Sendable (Mapping) async -> MappingProof

    /// One of our ports, for which a router is asked.
    struct Port {
        let base: TransportAddress
        /// The ways out of here when the router was looked for.
        let routes: [DefaultRoute]
        let mapper: Mapper
        let watching: Task<Void, Never>
        /// Whether there is no router, or none that opens anything.
        var isInVain = false
        /// Whether PCP is spoken there, and opens none.
        var isRefused = false
        /// What is open now as the router says.
        var open: Mapping?
        var proof: Task<Void, Never>?
    }

    struct State {
        var prover: Prover?
        /// Our ports as they are now.
        var bases: [TransportAddress] = []
        /// Those for which a router is asked. A base may go and come again; its number is used once.
        var ports: [Int: Port] = [:]
        /// Those that are being given back.
        var leaving: [Int: (base: TransportAddress, end: Task<Void, Never>)] = [:]
        var lastNumber = 0
        var findings: [Finding] = []
        var peers = Peers()
        var checks = RateLimit(at: .zero)
        /// From then on nothing is asked or proven any more.
        var isClosed = false
    }

    /// Of all its ports.
    package let transport: TransportProtocol
    let state = Mutex(State())
    private let records: MappingRecords?
    let makeMapper: @Sendable (MappingRequest, MappingRecords?) -> Mapper
    private let routes: @Sendable (IPAddress.Family) -> [DefaultRoute]
    private let opened: @Sendable (_ external: TransportAddress, _ base: TransportAddress) async -> Void
    let seen: @Sendable (_ external: TransportAddress, _ base: TransportAddress, _ remote: TransportAddress) async -> Void
    private let noticed: @Sendable (Finding) -> Void

    /// A port costs a thread for each method. This computer has eight addresses at most that a peer is told of; as many
    /// more may be on their way out where networks come and go quickly.
    package static let portLimit = 16

    /// Begins to ask; `opened` is called for each port that a router has opened, `noticed` for each thing that is wrong with
    /// one, once.
    ///
    /// - Parameters:
    ///   - bases: our own ports: of IPv4 to be translated, of IPv6 to be let in.
    ///   - seen: called for each port by which a router says that the peer at `remote` will see one of ours.
    package init(
        for bases: [TransportAddress], transport: TransportProtocol = .udp, records: MappingRecords? = nil,
        makeMapper: @escaping @Sendable (MappingRequest, MappingRecords?) -> Mapper = { Mapper($0, records: $1) },
        routes: @escaping @Sendable (IPAddress.Family) -> [DefaultRoute] = { DefaultRoute.all($0) },
        seen: @escaping @Sendable (
            _ external: TransportAddress, _ base: TransportAddress, _ remote: TransportAddress
        ) async -> Void = { _, _, _ in },
        opened: @escaping @Sendable (_ external: TransportAddress, _ base: TransportAddress) async -> Void,
        noticed: @escaping @Sendable (Finding) -> Void
    ) {
        records?.closeAbandoned()
        self.transport = transport
        self.records = records
        self.makeMapper = makeMapper
        self.routes = routes
        self.seen = seen
        self.opened = opened
        self.noticed = noticed
        follow(bases)
    }

    deinit {
        state.withLock { state in
            state.peers.endAll()
            for port in state.ports.values {
                port.watching.cancel()
                port.proof?.cancel()
            }
        }
    }

    // MARK: - Commands

    /// Our ports are others now. What was opened for those that went is given back, as far as its router can still be
    /// reached from here; for those that came the router is asked that is there now.
    package func follow(_ bases: [TransportAddress]) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.bases = bases.filter { base in
                !base.ip.isLoopback && (base.family == .ipv4 || ExternalReach(of: base.ip) == .internet)
            }
            for (number, port) in state.ports where !state.bases.contains(port.base) {
                state.ports[number] = nil
                state.peers.forget(port.base)
                port.watching.cancel()
                port.proof?.cancel()
                let end = Task { [weak self] in
                    await port.mapper.close()
                    self?.left(number)
                }
                state.leaving[number] = (port.base, end)
            }
            check(&state)
            lookAgain(&state)
        }
    }

    /// The way out of here may be another one: a route comes a moment after its address, and where no router was found then
    /// one is looked for now. Where one was found, another one may have its address by now.
    package func lookAgain() {
        state.withLock { state in
            check(&state)
            lookAgain(&state)
        }
    }

    /// A host whose routes come and go all the time is no reason to ask its router all the time: it is looked after every 30 s
    /// anyway.
    private static let checkAllowance = RateLimit.Allowance(burst: 4, interval: .seconds(5))

    private func check(_ state: inout State) {
        guard !state.isClosed, !state.ports.isEmpty,
            state.checks.take(1, of: Self.checkAllowance, at: MonotonicClock.now())
        else { return }
        for port in state.ports.values { port.mapper.check() }
    }

    /// From now on there is somebody who tries ports from outside; what is open already is tried at once.
    package func prove(by prover: @escaping Prover) {
        let ports = state.withLock { state in
            state.prover = prover
            return state.ports
        }
        for (number, port) in ports { if let mapping = port.open { prove(mapping, number) } }
    }

    /// Has the router close what it opened: within two seconds, or not at all.
    package func close() async {
        let (ports, leaving) = state.withLock { state in
            state.isClosed = true
            state.peers.endAll()
            defer { state.ports = [:] }
            return (state.ports, state.leaving)
        }
        for port in ports.values { port.proof?.cancel() }
        await withTaskGroup(of: Void.self) { group in
            for port in ports.values { group.addTask { await port.mapper.close() } }
            for port in leaving.values { group.addTask { await port.end.value } }
        }
        for port in ports.values { port.watching.cancel() }
    }

    /// Closes several at once.
    static func close(_ doors: [RouterDoor]) async {
        await withTaskGroup(of: Void.self) { group in
            for door in doors { group.addTask { await door.close() } }
        }
    }

    /// What is wrong with what the routers opened.
    package var findings: [Finding] { state.withLock { $0.findings } }

    // MARK: - Asking

    private func askForMissing(_ state: inout State) {
        for base in state.bases where !state.ports.values.contains(where: { $0.base == base }) {
            // What is given back for the same port might take the new one with it.
            guard !state.leaving.values.contains(where: { $0.base == base }) else { continue }
            guard state.ports.count + state.leaving.count < Self.portLimit else { return }
            state.lastNumber += 1
            let number = state.lastNumber
            let routes = routes(base.family)
            let mapper = makeMapper(MappingRequest(internalAddress: base, transport: transport), records)
            // The events alone: a task that held its mapper would keep it, and so its port, for ever.
            let watching = Task { [weak self, events = mapper.events] in
                for await event in events { await self?.handle(event, number, base: base) }
                self?.ended(number)
            }
            state.ports[number] = Port(base: base, routes: routes, mapper: mapper, watching: watching)
        }
    }

    /// Every method has failed.
    private func ended(_ number: Int) {
        state.withLock { state in
            state.ports[number]?.isInVain = true
            lookAgain(&state)
        }
    }

    private func lookAgain(_ state: inout State) {
        guard !state.isClosed else { return }
        for (number, port) in state.ports where port.isInVain && port.routes != routes(port.base.family) {
            state.ports[number] = nil
            state.peers.forget(port.base)
        }
        askForMissing(&state)
    }

    /// A port was given back, or its router has had the time for it.
    private func left(_ number: Int) {
        state.withLock { state in
            state.leaving[number] = nil
            if !state.isClosed { askForMissing(&state) }
        }
    }

    // MARK: - What routers say

    private func handle(_ event: Mapper.Event, _ number: Int, base: TransportAddress) async {
        // What is given back already is nobody's any more.
        guard state.withLock({ $0.ports[number] != nil }) else { return }
        ClientLog.router.note(event, of: base)
        switch event {
        case .mapped(let mapping):
            let isGood = mapping.reach == .internet
            state.withLock { $0.ports[number]?.open = isGood ? mapping : nil }
            guard isGood else { return notice(Finding(.behindAnotherNAT, base, mapping.external)) }
            // A hole in a firewall leads to the address that the peer knows already.
            if mapping.external != base { await opened(mapping.external, base) }
            prove(mapping, number)
        case .renewed(let mapping):
            prove(mapping, number)
        case .lost(let method, let failure):
            state.withLock { $0.ports[number]?.open = nil }
            hear(failure, of: method, number, base)
        case .failed(let method, let failure):
            hear(failure, of: method, number, base)
        }
    }

    /// Of the reasons why there is no port, those that say something of the network.
    private func hear(_ failure: MappingFailure, of method: MappingMethod, _ number: Int, _ base: TransportAddress) {
        if method == .pcp, failure.isRefusal { refused(number) }
        switch failure {
        case .noExternalAddress: notice(Finding(.noPublicAddress, base, nil))
        case .addressMismatch: notice(Finding(.routerBetween, base, nil))
        case .noRouter, .notIPv4, .unreachable, .notAuthorized, .everyPortTaken, .outOfResources, .implausible, .refused: break
        }
    }

    // MARK: - Proofs

    private func prove(_ mapping: Mapping, _ number: Int) {
        state.withLock { state in
            guard let prover = state.prover, state.ports[number]?.open != nil else { return }
            state.ports[number]?.proof?.cancel()
            state.ports[number]?.proof = Task { [weak self] in
                let proof = await prover(mapping)
                if !Task.isCancelled { self?.take(proof, of: mapping, number) }
            }
        }
    }

    private func take(_ proof: MappingProof, of mapping: Mapping, _ number: Int) {
        guard let mapper = state.withLock({ $0.ports[number]?.mapper }) else { return }
        ClientLog.router.note(proof, of: mapping)
        switch proof {
        case .reached:
            mapper.proved(mapping.external, isReachable: true)
        case .unreached:
            notice(Finding(.unreachable, mapping.internal, mapping.external))
            mapper.proved(mapping.external, isReachable: false)
        case .elsewhere(let address):
            notice(Finding(.seenElsewhere(address), mapping.internal, mapping.external))
        case .untested:
            break
        }
    }

    private func notice(_ finding: Finding) {
        let isNew = state.withLock { state in
            guard !state.findings.contains(finding), state.findings.count < Self.findingLimit else { return false }
            state.findings.append(finding)
            return true
        }
        if isNew { noticed(finding) }
    }

    /// A router that opens a new dead port every few minutes for a day is not reported more often.
    private static let findingLimit = 16
}
