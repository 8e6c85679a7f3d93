public import NIOCore
public import NetPrimitives
public import Relay

/// What a data plane is started with.
public struct DataPlaneConfiguration: Sendable {
    /// A UDP address to serve STUN and TURN on.
    public struct Listener: Hashable, Sendable {
        /// `0.0.0.0` and `::` are listened on separately: name both to serve both families.
        public var address: TransportAddress
        /// Whether `start` fails when the address cannot be opened, or only reports it.
        public var isRequired: Bool

        public init(_ address: TransportAddress, isRequired: Bool = true) {
            self.address = address
            self.isRequired = isRequired
        }
    }

    public var listeners: [Listener]
    /// Shown to clients instead of the relayed sockets' own addresses, at most one of each family counts
    /// (`--external-ip`). Empty: the address that the client asked, else one of this host's.
    public var externalAddresses: [IPAddress]
    /// Where relayed ports are opened, in random order (`--relay-ports`; RFC 8656 §7.2: 49152–65535).
    public var relayPorts: ClosedRange<UInt16>
    /// Realm, users, secrets, peer rules, lifetimes.
    public var relay: RelayConfiguration
    /// Relayed addresses per user, per client address and in all, over all workers.
    public var quotas: QuotaLedger.Limits
    /// Threads; each has a socket of its own for every listener.
    public var workers: Int
    /// Answers per second and source prefix to addresses that have not proven themselves; 0: no bound.
    public var unprovenRate: Int
    /// Where the peers' connections of TCP allocations live; nil: there are none (442).
    public var eventLoops: (any EventLoopGroup)?
    /// Whether clients may find out what their NATs do (RFC 5780), where two addresses and two ports are listened on.
    public var natDiscovery = false
    /// Whom nothing is served from the start.
    public var bans = BanRules()
    /// What DTLS clients are shown; nil: there is no DTLS.
    var certificate: CurrentCertificate?

    public init(
        listeners: [Listener], externalAddresses: [IPAddress] = [], relayPorts: ClosedRange<UInt16> = 49152...65535,
        relay: RelayConfiguration, quotas: QuotaLedger.Limits = .init(), workers: Int = 1, unprovenRate: Int = 2000,
        eventLoops: (any EventLoopGroup)? = nil
    ) {
        self.listeners = listeners
        self.externalAddresses = externalAddresses
        self.relayPorts = relayPorts
        self.relay = relay
        self.quotas = quotas
        self.workers = workers
        self.unprovenRate = unprovenRate
        self.eventLoops = eventLoops
    }
}
