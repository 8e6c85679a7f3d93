package import NetPrimitives
package import PortMapping
import Synchronization

/// Asks the router to open a port for each of ours, keeps them open while the session lasts, has them tried from outside,
/// and closes them.
///
/// Nobody waits for a proof: a peer is told of a port as soon as the router says that it is open, and tries it as it
/// tries everything else. One that the relay did not get in by is closed and made anew, and the peer is told of that one.
///
/// A door that is dropped without `close()` has its ports closed as well, without being waited for.
package final class RouterDoor: Sendable {
    /// Has a port tried from outside.
    package typealias Prover = @Sendable (Mapping) async -> MappingProof

    private struct State {
        var prover: Prover?
        /// What is open now as its router says, by its mapper's place.
        var open: [Int: Mapping] = [:]
        var proofs: [Int: Task<Void, Never>] = [:]
        var findings: [Finding] = []
        /// From then on nothing is proven any more.
        var isClosed = false
    }

    private let state = Mutex(State())
    private let mappers: [Mapper]
    private let opened: @Sendable (_ external: TransportAddress, _ base: TransportAddress) async -> Void
    private let noticed: @Sendable (Finding) -> Void
    private let watching = Mutex<[Task<Void, Never>]>([])

    /// Begins to ask; `opened` is called for each port that a router has opened, `noticed` for each thing that is wrong with
    /// one, once.
    ///
    /// - Parameter bases: our own UDP ports: of IPv4 to be translated, of IPv6 to be let in.
    package init(
        for bases: [TransportAddress], records: MappingRecords? = nil,
        makeMapper: (MappingRequest, MappingRecords?) -> Mapper = { Mapper($0, records: $1) },
        opened: @escaping @Sendable (_ external: TransportAddress, _ base: TransportAddress) async -> Void,
        noticed: @escaping @Sendable (Finding) -> Void
    ) {
        records?.closeAbandoned()
        self.opened = opened
        self.noticed = noticed
        let asked = bases.filter { !$0.ip.isLoopback && ($0.family == .ipv4 || ExternalReach(of: $0.ip) == .internet) }
        mappers = asked.map { makeMapper(MappingRequest(internalAddress: $0, transport: .udp), records) }
        // The events alone: a task that held its mapper would keep it, and so its ports, for ever.
        let watching = zip(mappers.map(\.events), asked).enumerated().map { place, pair in
            Task { [weak self] in
                for await event in pair.0 { await self?.handle(event, place, base: pair.1) }
            }
        }
        self.watching.withLock { $0 = watching }
    }

    deinit {
        for task in watching.withLock({ $0 }) { task.cancel() }
        for proof in state.withLock({ $0.proofs }).values { proof.cancel() }
    }

    /// From now on there is somebody who tries ports from outside; what is open already is tried at once.
    package func prove(by prover: @escaping Prover) {
        let open = state.withLock { state in
            state.prover = prover
            return state.open
        }
        for (place, mapping) in open { prove(mapping, place) }
    }

    /// What is wrong with what the routers opened.
    package var findings: [Finding] { state.withLock { $0.findings } }

    /// Has the router close what it opened: within two seconds, or not at all.
    package func close() async {
        let proofs = state.withLock { state in
            state.isClosed = true
            defer { state.proofs = [:] }
            return state.proofs
        }
        for proof in proofs.values { proof.cancel() }
        await withTaskGroup(of: Void.self) { group in
            for mapper in mappers { group.addTask { await mapper.close() } }
        }
        for task in watching.withLock({ $0 }) { task.cancel() }
    }

    private func handle(_ event: Mapper.Event, _ place: Int, base: TransportAddress) async {
        ClientLog.router.note(event, of: base)
        switch event {
        case .mapped(let mapping):
            guard mapping.reach == .internet else { return notice(Finding(.behindAnotherNAT, base, mapping.external)) }
            state.withLock { $0.open[place] = mapping }
            // A hole in a firewall leads to the address that the peer knows already.
            if mapping.external != base { await opened(mapping.external, base) }
            prove(mapping, place)
        case .renewed(let mapping):
            prove(mapping, place)
        case .lost(_, let failure):
            state.withLock { _ = $0.open.removeValue(forKey: place) }
            hear(failure, base)
        case .failed(_, let failure):
            hear(failure, base)
        }
    }

    /// Of the reasons why there is no port, those that say something of the network.
    private func hear(_ failure: MappingFailure, _ base: TransportAddress) {
        switch failure {
        case .noExternalAddress: notice(Finding(.noPublicAddress, base, nil))
        case .addressMismatch: notice(Finding(.routerBetween, base, nil))
        case .noRouter, .notIPv4, .unreachable, .notAuthorized, .everyPortTaken, .outOfResources, .implausible, .refused: break
        }
    }

    private func prove(_ mapping: Mapping, _ place: Int) {
        state.withLock { state in
            guard !state.isClosed, let prover = state.prover, state.open[place] != nil else { return }
            state.proofs[place]?.cancel()
            state.proofs[place] = Task { [weak self] in
                let proof = await prover(mapping)
                if !Task.isCancelled { self?.take(proof, of: mapping, place) }
            }
        }
    }

    private func take(_ proof: MappingProof, of mapping: Mapping, _ place: Int) {
        ClientLog.router.note(proof, of: mapping)
        switch proof {
        case .reached:
            mappers[place].proved(mapping.external, isReachable: true)
        case .unreached:
            notice(Finding(.unreachable, mapping.internal, mapping.external))
            mappers[place].proved(mapping.external, isReachable: false)
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
