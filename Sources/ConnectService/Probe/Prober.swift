import HostNetwork
public import NIOCore
public import NIOPosix
import NetPrimitives
package import PortMapping
public import Rendezvous

/// Finds out what gets from here to the relay: everything at once, and no longer than it is given. Only a router
/// that hangs is given two seconds more, to close what it has opened.
public struct Prober: Sendable {
    public struct Options: Sendable {
        public var relay: RelayURL
        /// Empty: the ports that the relay names for probes.
        public var ports: [PortArgument]
        public var timeout: Duration

        public init(relay: RelayURL, ports: [PortArgument], timeout: Duration) {
            self.relay = relay
            self.ports = ports
            self.timeout = timeout
        }
    }

    private let options: Options
    private let trust: RelayTrust
    private let loop: any EventLoop
    private let resolver: NameResolver
    private let progress: ProbeProgress
    private let makeMapper: @Sendable (MappingRequest, MappingMethod) -> Mapper

    /// - Parameter pool: for looking up names.
    public init(_ options: Options, progress: ProbeProgress, loop: any EventLoop, pool: NIOThreadPool) {
        self.init(options, progress: progress, loop: loop, pool: pool, makeMapper: { Mapper($0, methods: [$1]) })
    }

    package init(
        _ options: Options, progress: ProbeProgress, loop: any EventLoop, pool: NIOThreadPool,
        makeMapper: @escaping @Sendable (MappingRequest, MappingMethod) -> Mapper
    ) {
        self.options = options
        trust = RelayTrust(options.relay)
        self.progress = progress
        self.loop = loop
        self.makeMapper = makeMapper
        resolver = NameResolver(pool: pool)
    }

    public func run() async -> ProbeReport {
        let endpoint = options.relay.endpoint
        let end = MonotonicClock.now() + options.timeout
        async let found = describe(by: end)
        let addresses = await lookUp(endpoint, by: end)
        let local = addresses.first.flatMap(ConnectedDatagramSocket.localAddress)
        async let portMapping = askRouter(from: local, by: end)
        let arguments = options.ports.isEmpty ? defaultPorts(await found) : options.ports
        let questions = PortArgument.questions(of: arguments)
        async let asked = checkAll(questions, at: addresses, by: end)
        let relay = await found
        let served = relay.map { ServedPorts($0.description) }
        async let natFound = checkNAT(
            from: local, at: addresses.first, ports: natPorts(questions, served, endpoint), by: end)

        let outcomes = await asked
        let ports = questions.compactMap { question in
            outcomes[question.target].map { outbound in
                PortReport(
                    target: question.target, decides: question.decides,
                    outbound: served?.judge(outbound, of: question.target) ?? outbound)
            }
        }
        var nat = await natFound
        nat.reflexiveOverTCP = ports.lazy.filter { $0.target.transport == .tcp }.compactMap(\.outbound.reflexive).first
        return ProbeReport(
            relay: options.relay, host: endpoint.host, isHostKnown: !addresses.isEmpty,
            describedAt: relay?.endpoint.port, ports: ports, nat: nat, portMapping: await portMapping)
    }

    // The questions

    private func describe(by end: Instant) async -> RelayDiscovery.Relay? {
        let discovery = RelayDiscovery(trust: trust, loop: loop)
        let asking = Task { () -> RelayDiscovery.Relay? in
            do { return try await discovery.find() } catch {
                if let distrust = error as? Distrust { trust.tell(distrust) }
                return nil
            }
        }
        let alarm = loop.scheduleTask(in: TimeAmount(patience(ProbePatience.description, by: end))) { asking.cancel() }
        defer { alarm.cancel() }
        return await progress.during("the relay's description") { await asking.value }
    }

    /// One address of each family, IPv4 first: that is what firewalls and routers are asked about.
    private func lookUp(_ endpoint: RelayEndpoint, by end: Instant) async -> [TransportAddress] {
        let wait = patience(options.timeout, by: end)
        let all = await progress.during("the name of the relay") {
            await resolver.resolve([endpoint.host], within: wait)[endpoint.host] ?? []
        }
        return [.ipv4, .ipv6].compactMap { family in all.first { $0.family == family } }.map { TransportAddress(ip: $0, port: endpoint.port) }
    }

    private func checkAll(
        _ questions: [ProbeQuestion], at addresses: [TransportAddress], by end: Instant
    ) async -> [ProbeTarget: Outbound] {
        await withTaskGroup(of: (ProbeTarget, Outbound).self) { group in
            for target in questions.map(\.target) {
                group.addTask {
                    (target, await progress.during("\(target)") { await check(target, at: addresses, by: end) })
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func check(_ target: ProbeTarget, at addresses: [TransportAddress], by end: Instant) async -> Outbound {
        let patience = patience(ProbePatience.port, by: end)
        let outcomes = await withTaskGroup(of: (Int, Outbound).self) { group in
            for (index, address) in addresses.enumerated() {
                let remote = TransportAddress(ip: address.ip, port: target.port)
                group.addTask {
                    switch target.transport {
                    case .tcp: (index, await TCPCheck(loop: loop, patience: patience).run(to: remote))
                    case .udp: (index, await UDPCheck(patience: patience).run(to: remote))
                    }
                }
            }
            return await group.reduce(into: [Int: Outbound]()) { $0[$1.0] = $1.1 }
        }
        let inOrder = addresses.indices.compactMap { outcomes[$0] }
        return Outbound.best(of: inOrder) ?? .unanswered(why: "The relay's name has no address.")
    }

    private func checkNAT(
        from local: IPAddress?, at server: TransportAddress?, ports: [UInt16], by end: Instant
    ) async -> NATReport {
        guard let local, let server else { return NATReport(local: nil, reflexive: [:]) }
        let check = NATCheck(loop: loop, patience: patience(ProbePatience.port, by: end))
        return await progress.during("the NAT") {
            await check.run(from: local, to: ports.map { TransportAddress(ip: server.ip, port: $0) })
        }
    }

    private func askRouter(from local: IPAddress?, by end: Instant) async -> PortMappingReport {
        let check = RouterCheck(
            loop: loop, patience: patience(ProbePatience.router, by: end), makeMapper: makeMapper)
        return await progress.during("the router") { await check.run(from: local) }
    }

    // What is asked

    /// Those of the description; without one, where a relay may be expected.
    private func defaultPorts(_ relay: RelayDiscovery.Relay?) -> [PortArgument] {
        let named = relay?.description.probe.ports ?? []
        let ports = named.isEmpty ? [options.relay.endpoint.port] + RelayDiscovery.fallbackPorts : named
        return ports.prefix(PortArgument.limit).map { PortArgument(port: $0) }
    }

    /// Where the relay listens over UDP, what was asked for first.
    private func natPorts(_ questions: [ProbeQuestion], _ served: ServedPorts?, _ endpoint: RelayEndpoint) -> [UInt16] {
        let asked = questions.map(\.target.port)
        let candidates =
            if let served {
                asked.filter(served.udp.contains) + served.udp.sorted()
            } else {
                [endpoint.port] + asked + RelayDiscovery.fallbackPorts
            }
        var seen: Set<UInt16> = []
        return candidates.filter { seen.insert($0).inserted }
    }

    /// What is left of the time, and no more than `most`.
    private func patience(_ most: Duration, by end: Instant) -> Duration {
        max(min(most, end - MonotonicClock.now()), .zero)
    }
}
