@preconcurrency import Dispatch
import Foundation
import HostNetwork
public import Logging
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives
import Relay
import Rendezvous
import STUN
import Synchronization

/// The whole relay: the UDP data plane, the TCP front, the rendezvous and its store.
public final class RelayServer: Sendable {
    /// What a client passes as `--relay`.
    public let url: String
    let dataPlane: DataPlane
    /// What runs the store's calls, for every machine that has questions to it.
    let stores: StoreThreads
    let place: MeetingPlace
    let contacts: ContactPlace
    let dialBack: DialBackPage
    private let dialBackPlace: DialBackPlace
    let certificate: CurrentCertificate?
    let state: StateDirectory
    /// What the state was when the relay started, its secret above all.
    let opened: OpenedState
    /// Which nodes live; of a relay that is alone itself.
    let fleet = CurrentFleet()
    let member: FleetMember?
    let signing: CurrentSecret
    private let listeners: [any Channel]
    private let connections: ConnectionLimits
    private let group: MultiThreadedEventLoopGroup
    private let meetingGroup: MultiThreadedEventLoopGroup
    private let bans: Task<Void, Never>
    let logger: Logger
    let operation: CurrentOperation
    let routes: CurrentRoutes
    /// What is in use.
    let settings: Mutex<ServeConfiguration>
    /// Who was here when the drain began; nil before.
    let drainedFrom = Mutex<RelayLoad?>(nil)
    let refusals: Task<Void, Never>
    private let statusSocket: StatusSocket?

    /// Opens every listener; the relay serves when this returns.
    public static func start(_ configuration: ServeConfiguration, logger: Logger) async throws -> RelayServer {
        try configuration.validate()
        // Before the first socket: which connections there is room for follows from it.
        _ = OpenFiles.raiseLimit()
        let state = try StateDirectory(configured: configuration.stateDirectory)
        let opened = try OpenedState(configuration, directory: state)
        let secrets = try opened.secrets(configuration)
        let banWatch = try await Self.watchBans(opened, logger)
        let certificate = try (try CertificateSource(configuration, state: state)?.load()).map(CurrentCertificate.init)
        let ports = ListeningPorts(configuration)
        let workers = configuration.workers ?? System.coreCount
        let group = MultiThreadedEventLoopGroup(numberOfThreads: workers)
        var plane = DataPlaneConfiguration(
            listeners: ports.udpListeners, externalAddresses: configuration.externalAddresses,
            relayPorts: configuration.relayPorts,
            relay: relayConfiguration(configuration, secrets: secrets), quotas: configuration.quotas,
            workers: workers, unprovenRate: configuration.unprovenRate,
            eventLoops: group)
        plane.bans = banWatch.now.bans.relay
        plane.certificate = certificate
        plane.natDiscovery = configuration.natDiscovery
        let dataPlane = try Self.start(plane)
        for warning in configuration.reachabilityWarnings(host: HostInterface.all().map(\.address)) {
            logger.warning("\(warning)")
        }
        for failed in dataPlane.failed {
            logger.warning("UDP \(failed.listener.address) is not served: \(failed.error)")
        }
        if configuration.natDiscovery, dataPlane.natDiscovery == nil {
            logger.warning("NAT discovery is not served: it takes two addresses in `listen`, two ports, and no `external-ip`.")
        }
        do {
            return try await RelayServer(
                configuration, state: state, opened: opened, signing: CurrentSecret(secrets), certificate: certificate, ports: ports,
                dataPlane: dataPlane, banWatch: banWatch, group: group, logger: logger)
        } catch {
            dataPlane.stop()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private init(
        _ configuration: ServeConfiguration, state: StateDirectory, opened: OpenedState, signing: CurrentSecret,
        certificate: CurrentCertificate?, ports: ListeningPorts, dataPlane: DataPlane, banWatch: BanWatch,
        group: MultiThreadedEventLoopGroup, logger: Logger
    ) async throws {
        self.dataPlane = dataPlane
        self.state = state
        self.signing = signing
        self.certificate = certificate
        self.group = group
        self.logger = logger
        settings = Mutex(configuration)
        let gate = BanGate(banWatch.now.bans.relay)
        self.opened = opened
        let stores = StoreThreads(opened.stores, logger: logger)
        self.stores = stores
        meetingGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let meetings = MeetingPlace(
            stores: stores, bounds: configuration.meetings, loop: meetingGroup.next()
        ) { label, expires in
            let user = QuotaLedger.Limits.invitationPrefix + label
            let credential = TimeLimitedCredential(user: user, expiry: Int64(clamping: expires.seconds), secret: signing.secret)
            guard !gate.rules.cover(user: user, username: credential.username) else { return nil }
            // Where TURN is, the client has read from the relay's description.
            return TURNCredentials(
                username: credential.username, password: Secret(credential.password.utf8), expires: expires, uris: [])
        }
        place = meetings
        let contacts = ContactPlace(stores: stores, configuration, loop: meetingGroup.next())
        self.contacts = contacts
        _ = await contacts.setBans(banWatch.now.bans.people)
        refusals = RefusalSummary.watch(dataPlane, meetings, logger: logger)
        bans = Task {
            await banWatch.run { bans in
                dataPlane.setBans(bans.relay)
                return gate.enforce(bans.relay) + (await contacts.setBans(bans.people))
            }
        }
        let dialBackPlace = DialBackPlace(dataPlane: dataPlane, loop: group.next(), logger: logger)
        self.dialBackPlace = dialBackPlace
        let dialBack = DialBackPage(dialBackPlace, isServed: configuration.dialBack)
        self.dialBack = dialBack
        let operation = CurrentOperation()
        self.operation = operation
        let routes = CurrentRoutes(operation)
        self.routes = routes
        let limits = ConnectionLimits()
        connections = limits
        let observer = RelayObserver(
            operation: operation, dataPlane: dataPlane, limits: limits, place: meetings, contacts: contacts, dialBack: dialBackPlace,
            banWatch: banWatch, gate: gate, stores: stores, storeKind: opened.kind, fleet: fleet)
        let front = Front(
            dataPlane: dataPlane, place: meetings, contacts: contacts, routes: routes, dialBack: dialBack, certificate: certificate,
            senders: LoopSenders(group))
        var opened: [any Channel] = []
        var tcp: [TransportAddress] = []
        for listener in ports.tcpListeners {
            do {
                opened.append(
                    try await Self.listen(on: listener.address, group: group, limits: limits, gate: gate) { try front.install(on: $0) })
                tcp.append(listener.address)
            } catch {
                guard listener.isRequired else {
                    logger.warning("TCP \(listener.address) is not served: \(ListenFailure(listener.address, error).reason)")
                    continue
                }
                for channel in opened { try? await channel.close() }
                throw ConfigurationError(ListenFailure(listener.address, error).sentence)
            }
        }
        if let address = configuration.metrics {
            do {
                // Whoever watches a relay has a few connections, and is not to be kept out by everybody else's.
                let few = ConnectionLimits(total: 64, perSource: 64)
                let metrics = MetricsListener(observer: observer, routes: routes)
                opened.append(
                    try await Self.listen(on: address, group: group, limits: few, gate: nil) { try metrics.install(on: $0) })
            } catch {
                for channel in opened { try? await channel.close() }
                throw ConfigurationError("metrics: " + ListenFailure(address, error).sentence)
            }
        }
        listeners = opened
        statusSocket = await StatusSocket.open(in: state, group: group, observer: observer, logger: logger)
        let (udpPorts, tcpPorts) = (ports.inOrder(dataPlane.listening.map(\.port)), ports.inOrder(tcp.map(\.port)))
        url = ports.url(configuration, certificate: certificate?.certificate, opened: tcpPorts)
        // Before anybody is served: what is written down until then would be at no node of the fleet.
        member = try await FleetMember.join(fleet, configuration, url: url, opened: self.opened, logger: logger)
        let isFleet = self.opened.kind == .postgres
        fleet.follow { view in
            contacts.setFleet(view)
            // A relay that is alone may be called by any of its names: nobody is sent anywhere.
            if isFleet { meetings.setFleet(view) }
        }
        // Only now is it known which ports a client can be told of.
        routes.set(
            HTTPRoutes(
                name: configuration.effectiveRealm, realm: configuration.effectiveRealm,
                publicAuthority: configuration.publicAuthority, publicIsSecure: configuration.publicIsSecure ?? (certificate != nil),
                hasCertificate: certificate != nil, udpPorts: udpPorts, tcpPorts: tcpPorts,
                servesDialBack: configuration.dialBack, ownURL: configuration.nodeURL.flatMap { RelayURL($0) }))
        fleet.follow { view in
            if isFleet { routes.change { $0.nodes = view.nodes.map { "\($0)" } } }
        }
        fitConnections(configuration)
        let place = OperationState.Place(
            url: url, realm: configuration.effectiveRealm, udp: dataPlane.listening.map { "\($0)" },
            tcp: tcp.map { "\($0)" }, metrics: configuration.metrics.map { "\($0)" })
        operation.change {
            $0.place = place
            $0.certificateEnd = certificate?.certificate.expires
            $0.signsWithStateSecret = configuration.authSecrets.isEmpty
        }
        logger.info(
            "listening", metadata: [
                "udp": .array(udpPorts.map { .stringConvertible($0) }), "tcp": .array(tcpPorts.map { .stringConvertible($0) }),
                "state": .string(state.path),
            ])
        if let certificate { Self.tell(of: certificate.certificate, logger) }
    }

    /// As many TCP connections as there are files left for them.
    func fitConnections(_ configuration: ServeConfiguration) {
        let process = ProcessReport.now()
        let inUse = Int(clamping: connections.report.open.total) + dataPlane.allocationCount
        connections.total = OpenFiles.connections(
            limit: process.maximumFiles, open: max(0, process.openFiles - inUse), allocations: configuration.quotas.total)
    }

    static func tell(of certificate: ServerCertificate, _ logger: Logger) {
        logger.info(
            "the certificate",
            metadata: [
                "expires": "\(certificate.expires.ISO8601Format())", "key": "sha-256 \(certificate.fingerprint)",
                "self-signed": .stringConvertible(certificate.isSelfSigned),
            ])
    }

    private static func listen(
        on address: TransportAddress, group: any EventLoopGroup, limits: ConnectionLimits, gate: BanGate?,
        install: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        var bootstrap = ServerBootstrap(group: group)
        if address.family == .ipv6 {
            // Each family has a listener of its own: 0.0.0.0 and :: on one port do not collide.
            bootstrap = bootstrap.serverChannelOption(
                ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1)
        }
        return try await bootstrap
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Without descriptors left an accept that fails at once would be tried again at once, for ever.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let source = channel.remoteAddress.flatMap(TransportAddress.init)?.ip,
                        let counting = ConnectionCountingHandler(limits, gate: gate, channel: channel, source: source)
                    else { throw ChannelError.inappropriateOperationForState }
                    try channel.pipeline.syncOperations.addHandler(counting)
                    try install(channel)
                }
            }
            .bind(host: "\(address.ip)", port: Int(address.port))
            .get()
    }

    /// The bans, as they are before the first listener opens; the store may wait for the disk, on a thread of its own.
    private static func watchBans(_ opened: OpenedState, _ logger: Logger) async throws -> BanWatch {
        let store = try opened.another()
        let thread = DispatchQueue(label: "bans")
        let watch = BanWatch(logger: logger) { time in
            try await withCheckedThrowingContinuation { waiting in
                thread.async {
                    var store = store
                    waiting.resume(with: Result { try store.bans(at: time) })
                }
            }
        }
        _ = await watch.look(at: MeetingPlace.wallClock())
        return watch
    }

    private static func start(_ configuration: DataPlaneConfiguration) throws -> DataPlane {
        do { return try DataPlane.start(configuration) } catch {
            guard case .cannotListen(let address, let reason) = error else { throw error }
            throw ConfigurationError(ListenFailure(transport: "UDP", address: address, code: reason.code).sentence)
        }
    }

    static func relayConfiguration(_ configuration: ServeConfiguration, secrets: [String]) -> Relay.RelayConfiguration {
        var relay = Relay.RelayConfiguration(
            realm: configuration.effectiveRealm,
            users: UserDirectory(
                passwords: Dictionary(configuration.users.map { ($0.name, $0.password) }) { first, _ in first },
                secrets: secrets),
            peerPolicy: PeerPolicy(allow: configuration.allowPeers, deny: configuration.denyPeers))
        relay.servesTCPAllocations = configuration.tcpAllocations
        relay.alternateServer = AlternateServers(configuration.alternateServers)
        if configuration.passwordAlgorithms { relay.securityFeatures.insert(.passwordAlgorithms) }
        if configuration.usernameAnonymity { relay.securityFeatures.insert(.usernameAnonymity) }
        relay.servesMobility = configuration.mobility
        relay.traffic = configuration.traffic
        return relay
    }

    /// Allocations that live.
    public var allocationCount: Int { dataPlane.allocationCount }

    /// Stops at once: no new connections, then everything.
    public func stop() async {
        refusals.cancel()
        bans.cancel()
        dataPlane.beginDraining()
        let load = await self.load()
        await member?.end()
        for channel in listeners { try? await channel.close() }
        await statusSocket?.close()
        await dialBackPlace.stop()
        dataPlane.stop()
        await dataPlane.ended()
        try? await group.shutdownGracefully()
        await stores.stop()
        try? await meetingGroup.shutdownGracefully()
        tellOfTheEnd(load)
    }
}
