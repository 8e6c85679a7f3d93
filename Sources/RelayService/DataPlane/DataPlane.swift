public import NetPrimitives
public import Relay
import Synchronization

/// The relay's UDP side and the machines behind all of its clients: one thread per worker, each with its own
/// sockets and its own `RelayMachine`.
///
/// UDP clients are served without anybody's help. Whoever accepts TCP or TLS cuts the stream with
/// `TURN.StreamFramer`, and gives each connection to a worker with `attach`.
public final class DataPlane: Sendable {
    /// An optional listener that could not be opened.
    public struct FailedListener: Hashable, Sendable {
        public let listener: DataPlaneConfiguration.Listener
        public let error: SystemError
    }

    /// The UDP addresses that are served; where port 0 was asked for, with the port that it became.
    public let listening: [TransportAddress]
    /// Optional listeners that are not served: worth a warning each.
    public let failed: [FailedListener]

    /// The addresses and ports of RFC 5780; nil when it is not asked for, or there are not two of each.
    public let natDiscovery: NATDiscovery?

    private let mailboxes: [Mailbox<WorkerMessage>]
    private let directory: PortDirectory
    private let addresses: LocalAddresses
    private let threads: Mutex<[WorkerThread]>
    private let peers: PeerStreams?
    /// What waits for connections over TCP and TLS.
    let streamMemory = StreamMemory()
    private let secureSessions = ConnectionLimits(total: SecureClients.total, perSource: SecureClients.perSource)
    private let relay: Mutex<(configuration: RelayConfiguration, bans: BanRules, isDraining: Bool)>

    /// Opens the sockets and starts the threads.
    public static func start(_ configuration: DataPlaneConfiguration) throws(DataPlaneError) -> DataPlane {
        try DataPlane(configuration)
    }

    private init(_ original: DataPlaneConfiguration) throws(DataPlaneError) {
        var configuration = original
        addresses = LocalAddresses(external: configuration.externalAddresses)
        let workers = max(1, configuration.workers)
        var listeners = ListenerSet(workers: workers)
        for listener in configuration.listeners { try listeners.open(listener) }
        listening = listeners.listening
        failed = listeners.failed
        // Behind a one-to-one NAT the addresses that we know are not those that clients can ask.
        let canDiscover = configuration.natDiscovery && configuration.externalAddresses.isEmpty
        natDiscovery = canDiscover ? NATDiscovery(listening: listeners.listening) : nil
        configuration.relay = Self.knowing(addresses, natDiscovery, configuration.relay).with(configuration.bans)
        var mailboxes: [Mailbox<WorkerMessage>] = []
        for _ in 0..<workers { mailboxes.append(try Mailbox()) }
        self.mailboxes = mailboxes
        // A relayed socket for each allocation, as many clients over TCP, and what else there is.
        DescriptorTable.reserve(2 * configuration.quotas.total + 1024, beside: mailboxes[0].descriptor)
        directory = PortDirectory(quotas: configuration.quotas, unprovenRate: configuration.unprovenRate)
        relay = Mutex((configuration.relay, configuration.bans, false))
        var random = SystemRandomNumberGenerator()
        func secret() -> [UInt8] { (0..<32).map { _ in .random(in: .min ... .max, using: &random) } }
        let (nonces, tickets) = (NonceIssuer(secret: secret()), MobilityTickets(secret: secret()))
        threads = Mutex([])
        let (total, limits) = (directory.totalTraffic, configuration.relay.traffic)
        peers = configuration.eventLoops.map { [streamMemory] in PeerStreams($0, total: total, limits: limits, memory: streamMemory) }
        let secureClients = configuration.certificate.map { [secureSessions] in SecureClients(certificate: $0, limits: secureSessions) }
        do throws(DataPlaneError) {
            for index in 0..<workers {
                let worker = try Worker(
                    index: index, listeners: listeners.sockets[index], mailboxes: mailboxes, directory: directory,
                    addresses: addresses, configuration: configuration, nonces: nonces, tickets: tickets,
                    peers: peers, secureClients: secureClients)
                let thread = try WorkerThread(worker)
                threads.withLock { $0.append(thread) }
            }
        } catch {
            stop()
            throw error
        }
    }

    deinit { stop() }

    // MARK: Streams

    /// Gives a TCP or TLS connection to a worker; the five-tuple's transport is `.tcp`, its `server` the address that
    /// was connected to. Pass every message to the result, and tell it when the connection is gone.
    public func attach(_ connection: any ClientConnection, as fiveTuple: FiveTuple) -> AttachedClient {
        attach(connection, as: fiveTuple, account: nil)
    }

    /// - Parameter account: what the connection has of `streamMemory`.
    func attach(_ connection: any ClientConnection, as fiveTuple: FiveTuple, account: StreamAccount?) -> AttachedClient {
        let worker = Int(UInt(bitPattern: fiveTuple.hashValue) % UInt(mailboxes.count))
        return AttachedClient(connection, fiveTuple: fiveTuple, account: account, mailbox: mailboxes[worker])
    }

    // MARK: Operation

    /// Takes other users, secrets, peer rules and quotas; no allocation is dropped.
    public func update(relay configuration: RelayConfiguration, quotas: QuotaLedger.Limits) {
        directory.setLimits(quotas)
        peers?.setLimits(configuration.traffic)
        let known = Self.knowing(addresses, natDiscovery, configuration)
        reconfigure { $0.configuration = known }
    }

    /// What may be sent to whom, now.
    var peerPolicy: PeerPolicy { relay.withLock { $0.configuration.peerPolicy } }

    /// Sends a datagram from a UDP listener, the five-tuple's server, to a client; best effort.
    func send(_ bytes: [UInt8], to client: FiveTuple) { mailboxes.first?.post(.send(bytes, to: client)) }

    /// New allocations get 508 from now on, also after an `update`; those that are there live on.
    public func beginDraining() { reconfigure { $0.isDraining = true } }

    /// Serves nobody of these from now on: their allocations end, and no other is made for them.
    func setBans(_ bans: BanRules) { reconfigure { $0.bans = bans } }

    private func reconfigure(_ change: (inout (configuration: RelayConfiguration, bans: BanRules, isDraining: Bool)) -> Void) {
        // The lock is held while posting, so that all workers end with the same configuration.
        relay.withLock { relay in
            change(&relay)
            if relay.isDraining { relay.configuration.acceptsAllocations = false }
            relay.configuration = relay.configuration.with(relay.bans)
            for mailbox in mailboxes { mailbox.post(.reconfigure(relay.configuration), isVital: true) }
        }
    }

    /// What each worker says of itself; none that has ended.
    func reports() async -> [WorkerReport] {
        var reports: [WorkerReport] = []
        for mailbox in mailboxes {
            let report = await withCheckedContinuation { (waiting: CheckedContinuation<WorkerReport?, Never>) in
                if !mailbox.post(.report { waiting.resume(returning: $0) }, isVital: true) { waiting.resume(returning: nil) }
            }
            if let report { reports.append(report) }
        }
        return reports
    }

    /// The DTLS sessions of all workers.
    var secureSessionReport: ConnectionLimits.Report { secureSessions.report }

    /// Allocations at most.
    var allocationLimit: Int { directory.allocationLimit }

    /// Allocations of all workers.
    public var allocationCount: Int { directory.allocationCount }

    /// Ends the threads, closes the sockets and every attached connection; again is no harm.
    public func stop() {
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        guard !running.isEmpty else { return }
        for mailbox in mailboxes { mailbox.post(.stop, isVital: true) }
        for thread in running { thread.join() }
        peers?.stop()
    }

    /// After `stop`: returns when nothing of ours uses the event loops any more.
    func ended() async { await peers?.ended() }

    /// The machines learn what is the relay's own here, where the interfaces and the listeners are known.
    private static func knowing(
        _ addresses: LocalAddresses, _ natDiscovery: NATDiscovery?, _ configuration: RelayConfiguration
    ) -> RelayConfiguration {
        var configuration = configuration
        configuration.natDiscovery = natDiscovery
        configuration.peerPolicy = configuration.peerPolicy.with(ownAddresses: addresses.own)
        return configuration
    }
}

extension RelayConfiguration {
    /// Who is banned is no peer either.
    fileprivate func with(_ bans: BanRules) -> RelayConfiguration {
        var configuration = self
        configuration.bans = bans
        configuration.peerPolicy = configuration.peerPolicy.with(banned: bans.addresses)
        return configuration
    }
}
