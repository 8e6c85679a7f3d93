public import NetPrimitives
public import Relay
public import Rendezvous

/// Everything that an operator can set, with the defaults that make `ra-relay serve` work as it is.
public struct ServeConfiguration: Hashable, Sendable {
    /// Local addresses to listen on; all of them when empty.
    public var listen: [IPAddress] = []
    /// The main port, UDP and TCP; it must open.
    public var port: UInt16 = 3478
    /// Further ports, UDP and TCP. nil: the defaults, which may fail to open with a warning.
    public var alsoListen: [UInt16]?
    /// Addresses by which the internet reaches this host, when it is behind a one-to-one NAT.
    public var externalAddresses: [IPAddress] = []
    /// nil: the public URL's host, else `ra-relay`.
    public var realm: String?
    public var users: [User] = []
    /// The first signs time-limited credentials, and what any of them signed is good. Empty: the one in the state directory.
    public var authSecrets: [String] = []
    /// Whether a 401 offers SHA-256 instead of MD5 for passwords (RFC 8489 PASSWORD-ALGORITHMS); it is 28 octets longer.
    public var passwordAlgorithms = false
    /// Whether a 401 asks for USERHASH instead of USERNAME, which only `users` can answer.
    public var usernameAnonymity = false
    /// Ports for relayed addresses: RFC 8656 §7.2 recommends the dynamic range.
    public var relayPorts: ClosedRange<UInt16> = 49152...65535
    public var allowPeers: [CIDRBlock] = []
    public var denyPeers: [CIDRBlock] = []
    /// Where new allocations are sent while this relay is being drained, one of each family at most.
    public var alternateServers: [TransportAddress] = []
    /// What clients are told to use; nil: whatever host and port they came by.
    public var publicURL: String?
    /// PEM files of the certificate (with those that lead to its root) and of its private key.
    public var tlsCertificate: String?
    public var tlsKey: String?
    /// A certificate of the relay's own making, kept in the state directory.
    public var tlsSelfSigned = false
    /// A further port, UDP and TCP, when there is a certificate. nil: the default, which may fail to open.
    public var tlsPort: UInt16?
    /// A directory; nil: `$STATE_DIRECTORY`, `$XDG_STATE_HOME/ra-relay`, `~/.local/state/ra-relay`. Or the `postgres://…` of a fleet,
    /// with secrets in it: the directory is then one of those.
    public var stateDirectory: String?
    /// Where clients reach this node of a fleet and no other; nil: the public URL.
    public var nodeURL: String?
    /// Threads of the UDP data plane; nil: one for each core.
    public var workers: Int?
    /// Answers per second and source prefix to addresses that have not proven themselves; 0: no bound.
    public var unprovenRate = 2000
    /// Relayed addresses per user, per invitation, per client address and in all.
    public var quotas = QuotaLedger.Limits()
    /// Bytes and packets per second, per allocation, per user, per invitation and in all.
    public var traffic = TrafficLimits()
    /// The rendezvous' bounds.
    public var meetings = MeetingServerConfiguration()
    /// Who may have a name here, and the bounds of the switchboard.
    public var contacts = SwitchboardConfiguration()
    /// Whether Bindings are answered with what a client needs to find out what its NAT does (RFC 5780).
    public var natDiscovery = false
    /// Whether whoever asks has a port of theirs tried from outside.
    public var dialBack = true
    /// Whether there are TCP relayed addresses (RFC 6062).
    public var tcpAllocations = true
    /// Where metrics are served; nil: nowhere.
    public var metrics: TransportAddress?
    /// How long a relay that got SIGTERM waits for its allocations and conversations to end.
    public var drainDeadline: Duration = .seconds(300)
    /// Whether a client that asked for it keeps its allocation when its address changes (RFC 8016).
    public var mobility = true
    public var logLevel: LogLevel = .info
    public var logFormat: LogFormat = .text

    public init() {}

    /// "turns" (RFC 8656 §3.1).
    public static let defaultTLSPort: UInt16 = 5349

    /// What ra-relay.toml and docs/coturn.md show for a secret, so that everybody knows it.
    static let exampleSecrets = ["write a long random text here", "7d0b3c8f0a5e4c1b9d2e6f7a8b9c0d1e"]

    /// Ports that a firewall may have open, listened on as far as they are free.
    public static let defaultAlsoListen: [UInt16] = [3389, 1863]

    /// A TURN user with a password of its own. Prints without it.
    public struct User: Hashable, Sendable, CustomStringConvertible {
        public var name: String
        public var password: String

        public init(name: String, password: String) {
            self.name = name
            self.password = password
        }

        /// Reads `NAME:PASSWORD`; nil when either is empty.
        public init?(_ text: String) {
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex,
                text.index(after: colon) != text.endIndex
            else { return nil }
            self.init(name: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        }

        public var description: String { "\(name):<redacted>" }
    }

    public enum LogLevel: String, Hashable, Sendable, CaseIterable { case trace, debug, info, notice, warning, error }
    public enum LogFormat: String, Hashable, Sendable, CaseIterable { case text, json }
}

extension ServeConfiguration {
    /// What is wrong with it: the key, and a sentence that says what would do.
    func problems() -> [(key: String, sentence: String)] {
        Setting.all.compactMap { setting in setting.problem(self).map { (setting.key, $0) } }
    }

    /// What no single setting shows.
    func contradictions() -> [(key: String, sentence: String)] {
        if authSecrets.contains(where: Self.exampleSecrets.contains) {
            return [("auth-secret", "this is the example, which everybody knows; `openssl rand -hex 32` makes a secret.")]
        }
        if tlsSelfSigned, tlsCertificate != nil || tlsKey != nil {
            return [("tls-self-signed", "there is a certificate in tls-cert; choose one of them.")]
        }
        guard (tlsCertificate == nil) != (tlsKey == nil) else { return [] }
        return [(tlsCertificate == nil ? "tls-key" : "tls-cert", "tls-cert and tls-key need each other; name both files.")]
    }

    /// Whether the relay itself speaks TLS.
    public var hasCertificate: Bool { tlsSelfSigned || tlsCertificate != nil }

    /// Checks every setting, wherever it came from.
    public func validate() throws(ConfigurationError) {
        let problems = problems() + contradictions()
        guard problems.isEmpty else { throw ConfigurationError(mistakes: problems.map { "\($0.key): \($0.sentence)" }) }
    }
}
