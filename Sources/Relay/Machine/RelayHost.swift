public import NetPrimitives
public import TURN

/// A relayed UDP port of a machine's, as its host numbers it: small numbers, used again after `close`.
public struct RelayedPort: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// No machine's.
    public static let none = RelayedPort(rawValue: .max)
}

/// Which port an Allocate wants (RFC 8656 §7.2).
public enum PortRequest: Hashable, Sendable {
    case any(IPAddress.Family)
    /// `reservesNext`: also hold the odd port above it, for whoever brings the token.
    case even(IPAddress.Family, reservesNext: Bool)
    case reserved(ReservationToken)
}

public struct OpenedPort: Hashable, Sendable {
    public var port: RelayedPort
    /// What peers see, and XOR-RELAYED-ADDRESS says.
    public var address: TransportAddress
    /// Of the port above it, when that was asked for.
    public var reservation: ReservationToken?

    public init(port: RelayedPort, address: TransportAddress, reservation: ReservationToken? = nil) {
        self.port = port
        self.address = address
        self.reservation = reservation
    }
}

public enum PortError: Error, Hashable, Sendable {
    /// 440.
    case familyNotSupported
    /// 508: no port is free, the token is not valid, or the system refuses.
    case insufficientCapacity
}

/// What a relay's machine asks of the process around it and gets at once: ports, and what all of the
/// process's machines share. The data plane answers with sockets and locks, tests with tables.
public protocol RelayHost: TCPRelayHost, MobileRelayHost, TrafficHost {
    /// Opens a port for a client; the five-tuple tells which of the host's addresses it came by.
    ///
    /// - Parameter holder: has been charged for it, but not for what is held beside it (`reservesNext`), and for what was
    ///   held under a token somebody else has: both are the host's to settle.
    mutating func open(
        _ request: PortRequest, for client: FiveTuple, chargedTo holder: QuotaHolder, at now: Instant
    ) throws(PortError) -> OpenedPort
    mutating func close(_ port: RelayedPort)
    /// Whether an address is that of a relayed port, of any machine, that is open now.
    func isRelayed(_ address: TransportAddress) -> Bool
    /// Counts a relayed address before it is opened.
    mutating func takeQuota(for holder: QuotaHolder) -> QuotaLedger.Verdict
    mutating func releaseQuota(for holder: QuotaHolder)
    /// Counts addresses that a user gets permissions for; false: too many at once, none was counted.
    mutating func admitsNewPeers(_ count: Int, of holder: QuotaHolder, at now: Instant) -> Bool
    /// Counts a request of a source that has not proven itself; false: it stays without an answer.
    mutating func admitsUnproven(_ source: IPAddress, at now: Instant) -> Bool
}
