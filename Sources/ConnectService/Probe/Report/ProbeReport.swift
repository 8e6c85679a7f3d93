package import Rendezvous

/// Everything that a probe found out; what it means is derived from it.
public struct ProbeReport: Hashable, Sendable {
    package var relay: RelayURL
    /// The relay's name or address, without port.
    package var host: String
    /// False when the name has no address.
    package var isHostKnown: Bool
    /// The port by which the relay's description came; nil when it did not come.
    package var describedAt: UInt16?
    /// Whether it came through the proxy, and not directly.
    package var isDescribedThroughProxy: Bool
    /// Why who answered at the relay's URL is not taken for it; nil: nobody was refused.
    package var distrust: String?
    package var ports: [PortReport]
    package var nat: NATReport
    package var portMapping: PortMappingReport
    package var ipv6: IPv6Report
    /// What the proxy lets through; nil when there is none for this relay.
    package var proxy: ProxyReport?
    /// Who answers HTTP in everybody's place; nil: nobody does.
    package var interceptor: Interceptor?

    package init(
        relay: RelayURL, host: String, isHostKnown: Bool = true, describedAt: UInt16?,
        isDescribedThroughProxy: Bool = false, distrust: String? = nil, ports: [PortReport], nat: NATReport,
        portMapping: PortMappingReport, ipv6: IPv6Report = IPv6Report(), proxy: ProxyReport? = nil,
        interceptor: Interceptor? = nil
    ) {
        self.relay = relay
        self.host = host
        self.isHostKnown = isHostKnown
        self.describedAt = describedAt
        self.isDescribedThroughProxy = isDescribedThroughProxy
        self.distrust = distrust
        self.ports = ports
        self.nat = nat
        self.portMapping = portMapping
        self.ipv6 = ipv6
        self.proxy = proxy
        self.interceptor = interceptor
    }

    /// What the program ends with.
    public enum ExitCode: Int32, Hashable, Sendable {
        /// Every port that decides is open outbound.
        case open = 0
        case notOpen = 1
        case usage = 2
        /// The relay answered on no port.
        case unreachable = 3
    }

    public var exitCode: ExitCode {
        if !isReachable { return .unreachable }
        return ports.allSatisfy { $0.outbound.isOpen || !$0.decides } ? .open : .notOpen
    }

    /// Whether anything at all of the relay answered.
    package var isReachable: Bool { describedAt != nil || nat.hasUDP || ports.contains { $0.outbound.isOpen } }

    package var doubleNAT: Bool? {
        if nat.mapping == .none { return false }
        return portMapping.doubleNAT(publicAddress: nat.publicAddress)
    }

    package var expectedPath: ExpectedPath {
        // Who is not trusted is no meeting place, whatever its ports answer.
        ExpectedPath(isReachable: isReachable && distrust == nil, nat: nat, portMapping: portMapping)
    }
}
