import NetPrimitives
import Relay
import TURN

/// What a machine that is measured has around it: ports that are numbers, and no limits.
///
/// Of what clients can ask for, it has UDP over IPv4 alone; the measured machine is asked for nothing else.
struct GenerousHost: RelayHost {
    static let address = IPAddress.v4(0x0909_0909)

    let totalTraffic = TrafficBudget()
    let servesTCP = false
    private static let firstPort: UInt16 = 49152
    private var nextPort = firstPort

    mutating func open(
        _ request: PortRequest, for client: FiveTuple, chargedTo holder: QuotaHolder, at now: Instant
    ) throws(PortError) -> OpenedPort {
        guard request == .any(.ipv4) else { throw .familyNotSupported }
        guard nextPort < .max else { throw .insufficientCapacity }
        defer { nextPort += 1 }
        return OpenedPort(
            port: RelayedPort(rawValue: Int(nextPort)), address: TransportAddress(ip: Self.address, port: nextPort))
    }

    func close(_ port: RelayedPort) {}
    func isRelayed(_ address: TransportAddress) -> Bool {
        address.ip == Self.address && (Self.firstPort..<nextPort).contains(address.port)
    }

    func takeQuota(for holder: QuotaHolder) -> QuotaLedger.Verdict { .granted }
    func releaseQuota(for holder: QuotaHolder) {}
    func admitsNewPeers(_ count: Int, of holder: QuotaHolder, at now: Instant) -> Bool { true }
    func admitsUnproven(_ source: IPAddress, at now: Instant) -> Bool { true }
    func takeTraffic(of user: String, at now: Instant) -> TrafficBudget { TrafficBudget() }
    func releaseTraffic(of user: String) {}
    func forgiveTraffic(at now: Instant) {}

    func openTCP(_ family: IPAddress.Family, for client: FiveTuple) throws(PortError) -> OpenedPort {
        throw .familyNotSupported
    }
    func addConnection(for username: String, isOpen: Bool) -> ConnectionID? { nil }
    func openConnection(_ id: ConnectionID) {}
    func bindConnection(_ id: ConnectionID, for username: String) -> Bool { false }
    func isBound(_ id: ConnectionID) -> Bool { false }
    func removeConnection(_ id: ConnectionID) {}

    func setHome(of id: MobileID, _ relayed: [TransportAddress]) {}
    func home(of id: MobileID) -> RelayedHome? { nil }
}
