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
    package var ports: [PortReport]
    package var nat: NATReport
    package var portMapping: PortMappingReport
    package var ipv6: IPv6Report
    /// A sign-in page in everybody's place; nil: there is none.
    package var portal: Portal?

    package init(
        relay: RelayURL, host: String, isHostKnown: Bool = true, describedAt: UInt16?, ports: [PortReport],
        nat: NATReport, portMapping: PortMappingReport, ipv6: IPv6Report = IPv6Report(), portal: Portal? = nil
    ) {
        self.relay = relay
        self.host = host
        self.isHostKnown = isHostKnown
        self.describedAt = describedAt
        self.ports = ports
        self.nat = nat
        self.portMapping = portMapping
        self.ipv6 = ipv6
        self.portal = portal
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
        ExpectedPath(isReachable: isReachable, nat: nat, portMapping: portMapping)
    }
}
