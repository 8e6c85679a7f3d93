import HostNetwork
import Logging
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
        /// Takes minutes, beyond the timeout.
        public var measuresBindingLifetime: Bool
        /// Through which the relay is looked for as well.
        public var proxy: ProxyRule?

        public init(
            relay: RelayURL, proxy: ProxyRule? = nil, ports: [PortArgument], timeout: Duration,
            measuresBindingLifetime: Bool = false
        ) {
            self.relay = relay
            self.proxy = proxy
            self.ports = ports
            self.timeout = timeout
            self.measuresBindingLifetime = measuresBindingLifetime
        }
    }

    private let options: Options
    private let patience: ProbePatience
    private let trust: RelayTrust
    private let loop: any EventLoop
    private let resolver: NameResolver
    private let progress: ProbeProgress
    private let records: MappingRecords?
    private let makeMapper: @Sendable (MappingRequest, MappingMethod) -> Mapper

    /// - Parameter pool: for looking up names.
    public init(_ options: Options, progress: ProbeProgress, loop: any EventLoop, pool: NIOThreadPool) {
        let records = MappingRecords()
        self.init(options, progress: progress, loop: loop, pool: pool, records: records) {
            Mapper($0, methods: [$1], records: records)
        }
    }

    package init(
        _ options: Options, patience: ProbePatience = ProbePatience(), progress: ProbeProgress, loop: any EventLoop,
        pool: NIOThreadPool, records: MappingRecords? = nil,
        makeMapper: @escaping @Sendable (MappingRequest, MappingMethod) -> Mapper
    ) {
        self.options = options
        self.patience = patience
        trust = RelayTrust(options.relay)
        self.progress = progress
        self.loop = loop
        self.records = records
        self.makeMapper = makeMapper
        resolver = NameResolver(pool: pool)
    }

    public func run() async -> ProbeReport {
        let end = MonotonicClock.now() + options.timeout
        let finding = Task { await describe(by: end) }
        return await withTaskCancellationHandler {
            await run(finding, by: end)
        } onCancel: {
            finding.cancel()
        }
    }

    private func run(_ finding: Task<RelaySearch.Finding, Never>, by end: Instant) async -> ProbeReport {
        let endpoint = options.relay.endpoint
        let addresses = await lookUp(endpoint, by: end)
        // The first of the relay's addresses that there is a way to: in a network with IPv6 alone that is not IPv4's.
        let facing = addresses.first { ConnectedDatagramSocket.localAddress(facing: $0) != nil } ?? addresses.first
        let local = facing.flatMap(ConnectedDatagramSocket.localAddress)
        let dialling = Task { service(of: await finding.value, at: facing?.ip) }
        let dialBack = SharedDialBack(patience: patience.dial, until: end, finding: dialling)
        async let portMapping = askRouter(from: local, dialBack, by: end)
        async let interceptor = lookForInterceptor(by: end)
        let arguments = options.ports.isEmpty ? defaultPorts(await finding.value.relay) : options.ports
        let questions = PortArgument.questions(of: arguments)
        async let asked = checkAll(questions, at: addresses, by: end)
        async let called = callAll(questions, at: local, dialBack)
        async let proxied = askProxy(questions, endpoint, by: end)
        let found = await finding.value
        let relay = found.relay
        let served = relay.map { ServedPorts($0.description) }
        let natServers = natPorts(questions, served, endpoint)
        async let natFound = checkNAT(from: local, at: facing, ports: natServers, dialBack, by: end)
        async let lifetime = measureLifetime(from: local, at: facing, ports: natServers, dialling)

        let (outcomes, inbound) = await (asked, called)
        var proxy = await proxied
        proxy?.judge(by: served)
        let ports = questions.map { question in
            let outbound = outcomes[question.target].flatMap { Outbound.best(of: $0.map(\.outbound)) }
                ?? .unanswered(why: "The relay's name has no address.")
            return PortReport(
                target: question.target, decides: question.decides,
                outbound: served?.judge(outbound, of: question.target) ?? outbound,
                throughProxy: question.target.transport == .tcp ? proxy?.outbound(question.target.port) : nil,
                inbound: inbound[question.target] ?? .untested(why: "This machine has no way to the relay."))
        }
        var nat = await natFound
        nat.reflexiveOverTCP = ports.lazy.filter { $0.target.transport == .tcp && $0.way == .direct }.compactMap(\.outbound.reflexive).first
        nat.bindingLifetime = await lifetime
        let overIPv6 = outcomes.values.flatMap(\.self).filter { $0.family == .ipv6 }.map(\.outbound)
        return ProbeReport(
            relay: options.relay, host: endpoint.host, isHostKnown: !addresses.isEmpty,
            describedAt: relay?.endpoint.port, isDescribedThroughProxy: relay.map { $0.route != .direct } ?? false,
            distrust: found.distrust?.description, ports: ports, nat: nat, portMapping: await portMapping,
            ipv6: IPv6Report(local: Self.localIPv6, outbound: Outbound.best(of: overIPv6)), proxy: proxy,
            interceptor: await interceptor)
    }

    // The questions

    private func describe(by end: Instant) async -> RelaySearch.Finding {
        let routes = StreamRoute.all(options.proxy, to: options.relay.endpoint)
        let search = RelaySearch(trust: trust, routes: routes, patience: TimeAmount(patience.description), loop: loop)
        let asking = Task { await search.run() }
        let alarm = loop.scheduleTask(in: TimeAmount(patience(by: end).description)) { asking.cancel() }
        defer { alarm.cancel() }
        return await progress.during("the relay's description") { await asking.value }
    }

    /// One address of each family, IPv4 first: that is what firewalls and routers are asked about.
    private func lookUp(_ endpoint: RelayEndpoint, by end: Instant) async -> [TransportAddress] {
        let wait = max(end - MonotonicClock.now(), .zero)
        let all = await progress.during("the name of the relay") {
            await resolver.resolve([endpoint.host], within: wait)[endpoint.host] ?? []
        }
        return [.ipv4, .ipv6].compactMap { family in all.first { $0.family == family } }.map { TransportAddress(ip: $0, port: endpoint.port) }
    }

    /// What each port said over each of the relay's addresses.
    private func checkAll(
        _ questions: [ProbeQuestion], at addresses: [TransportAddress], by end: Instant
    ) async -> [ProbeTarget: [FamilyOutcome]] {
        await withTaskGroup(of: (ProbeTarget, [FamilyOutcome]).self) { group in
            for target in questions.map(\.target) {
                group.addTask {
                    (target, await progress.during("\(target)") { await check(target, at: addresses, by: end) })
                }
            }
            return await group.reduce(into: [:]) { outcomes, outcome in
                let (target, families) = outcome
                for each in families {
                    ClientLog.relay.debug(
                        "tried", metadata: ["port": "\(target)", "over": "\(each.family)", "outbound": "\(each.outbound)"])
                }
                outcomes[target] = families
            }
        }
    }

    /// In the order of the addresses.
    private func check(_ target: ProbeTarget, at addresses: [TransportAddress], by end: Instant) async -> [FamilyOutcome] {
        let patience = patience(by: end).port
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
        return addresses.enumerated().compactMap { index, address in
            outcomes[index].map { FamilyOutcome(family: address.family, outbound: $0) }
        }
    }

    /// The TCP ports that are asked about, the relay's own, and the one that proxies let through most.
    private func askProxy(_ questions: [ProbeQuestion], _ relay: RelayEndpoint, by end: Instant) async -> ProxyReport? {
        guard let proxy = options.proxy?.proxy(for: relay.host, port: relay.port) else { return nil }
        let asked = questions.map(\.target).filter { $0.transport == .tcp }.map(\.port)
        let check = ProxyCheck(proxy, loop: loop, patience: patience(by: end).port)
        return await progress.during("the proxy") {
            await check.run(to: relay.host, ports: Self.unique(asked + [relay.port, RelayDiscovery.fallbackPorts[0]]))
        }
    }

    private func callAll(
        _ questions: [ProbeQuestion], at local: IPAddress?, _ dialBack: SharedDialBack
    ) async -> [ProbeTarget: Inbound] {
        guard let local else { return [:] }
        let check = InboundCheck(at: local, dialBack: dialBack, loop: loop)
        return await withTaskGroup(of: (ProbeTarget, Inbound).self) { group in
            for target in questions.map(\.target) {
                group.addTask { (target, await progress.during("\(target) from outside") { await check.run(on: target) }) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func checkNAT(
        from local: IPAddress?, at server: TransportAddress?, ports: [UInt16], _ dialBack: SharedDialBack, by end: Instant
    ) async -> NATReport {
        guard let local, let server else { return NATReport(local: nil, reflexive: [:]) }
        let check = NATCheck(loop: loop, patience: patience(by: end)) { port, seenAt, expect in
            await dialBack.reach(.udp, port: port, seenAt: seenAt, expect: expect)
        }
        return await progress.during("the NAT") {
            await check.run(from: local, to: ports.map { TransportAddress(ip: server.ip, port: $0) })
        }
    }

    private func askRouter(from local: IPAddress?, _ dialBack: SharedDialBack, by end: Instant) async -> PortMappingReport {
        records?.closeAbandoned()
        let check = RouterCheck(
            loop: loop, patience: patience(by: end).router, makeMapper: makeMapper
        ) { port, seenAt, expect in
            await dialBack.reach(.udp, port: port, seenAt: seenAt, expect: expect)
        }
        return await progress.during("the router") {
            var report = await check.run(from: local)
            if let description = report.upnp.mapping?.router {
                let patience = patience(by: end).page
                report.model = await RouterModel.fetch(description, trust: trust, within: patience, loop: loop)
            }
            return report
        }
    }

    private func lookForInterceptor(by end: Instant) async -> Interceptor? {
        // A trial on this machine asks nobody else.
        guard !options.relay.endpoint.isLoopback else { return nil }
        return await progress.during("a sign-in page") {
            await PortalCheck(trust: trust, loop: loop).run(within: patience(by: end).page)
        }
    }

    /// Not bound by the probe's time: a binding that lives for minutes takes minutes.
    private func measureLifetime(
        from local: IPAddress?, at server: TransportAddress?, ports: [UInt16],
        _ dialling: Task<Result<DialBack, SharedDialBack.Missing>, Never>
    ) async -> BindingLifetime? {
        guard options.measuresBindingLifetime, let local, let server, let port = ports.first else { return nil }
        let check = BindingLifetimeCheck(loop: loop, progress: progress) {
            SharedDialBack(patience: patience.dial, until: MonotonicClock.now() + patience.dial, finding: dialling)
        }
        return await check.run(from: local, at: TransportAddress(ip: server.ip, port: port))
    }

    private func service(
        of found: RelaySearch.Finding, at address: IPAddress?
    ) -> Result<DialBack, SharedDialBack.Missing> {
        guard let relay = found.relay else { return .failure(found.distrust == nil ? .relay : .trust) }
        guard relay.route == .direct else { return .failure(.directWay) }
        return DialBack(relay, at: address, trust: trust, loop: loop).map(Result.success) ?? .failure(.service)
    }

    /// Towards any address that the internet has; nothing is sent.
    private static var localIPv6: IPAddress? {
        IPAddress("2000::1").flatMap { ConnectedDatagramSocket.localAddress(facing: TransportAddress(ip: $0, port: 9)) }
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
        return Self.unique(candidates)
    }

    private static func unique(_ ports: [UInt16]) -> [UInt16] {
        var seen: Set<UInt16> = []
        return ports.filter { seen.insert($0).inserted }
    }

    /// As long as the time is not over.
    private func patience(by end: Instant) -> ProbePatience { patience.within(end - MonotonicClock.now()) }
}

/// What a port of the relay said over one of its addresses.
private struct FamilyOutcome: Sendable {
    var family: IPAddress.Family
    var outbound: Outbound
}
