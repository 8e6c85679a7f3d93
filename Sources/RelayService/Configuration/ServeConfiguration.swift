public import NetPrimitives
import Relay

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
    /// The secret that time-limited credentials are made with; nil: the one in the state directory.
    public var authSecret: String?
    /// Ports for relayed addresses: RFC 8656 §7.2 recommends the dynamic range.
    public var relayPorts: ClosedRange<UInt16> = 49152...65535
    public var allowPeers: [CIDRBlock] = []
    public var denyPeers: [CIDRBlock] = []
    /// What clients are told to use; nil: whatever host and port they came by.
    public var publicURL: String?
    /// A directory; nil: `$STATE_DIRECTORY`, `$XDG_STATE_HOME/ra-relay`, `~/.local/state/ra-relay`.
    public var stateDirectory: String?
    /// Threads of the UDP data plane; nil: one for each core.
    public var workers: Int?
    /// Answers per second and source prefix to addresses that have not proven themselves; 0: no bound.
    public var unprovenRate = 2000
    public var logLevel: LogLevel = .info
    public var logFormat: LogFormat = .text

    public init() {}

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

/// A setting that cannot be; its sentence names the setting and says what would do.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension ServeConfiguration {
    /// Checks what no single value shows.
    public func validate() throws(ConfigurationError) {
        guard port != 0 else { throw ConfigurationError("port: 0 is not a port; write 3478.") }
        for extra in alsoListen ?? [] where extra == 0 {
            throw ConfigurationError("also-listen: 0 is not a port.")
        }
        guard relayPorts.lowerBound >= 1024 else {
            throw ConfigurationError("relay-ports: ports below 1024 belong to services; write 49152-65535.")
        }
        guard relayPorts.count >= 2 else {
            throw ConfigurationError("relay-ports: an even port and its neighbour need at least two ports.")
        }
        if let workers, !(1...256).contains(workers) {
            throw ConfigurationError("workers: write a number from 1 to 256.")
        }
        guard unprovenRate >= 0 else { throw ConfigurationError("unproven-rate: write 0 (no bound) or more.") }
        if let publicURL {
            let scheme = publicURL.lowercased()
            guard publicAuthority != nil, scheme.hasPrefix("http://") || scheme.hasPrefix("https://") else {
                throw ConfigurationError("public-url: write it as https://relay.example.org or http://203.0.113.7:3478.")
            }
        }
        for user in users where user.name.hasPrefix(QuotaLedger.Limits.invitationPrefix) {
            throw ConfigurationError("users: names that begin with “\(QuotaLedger.Limits.invitationPrefix)” are the invitations'.")
        }
        if let realm, realm.isEmpty || realm.utf8.count > 128 {
            throw ConfigurationError("realm: write 1 to 128 characters, such as the relay's host name.")
        }
        if let authSecret, authSecret.utf8.count < 8 {
            throw ConfigurationError("auth-secret: fewer than 8 characters are guessed in no time.")
        }
        if Set(users.map(\.name)).count != users.count {
            throw ConfigurationError("users: one name stands there twice.")
        }
    }
}
