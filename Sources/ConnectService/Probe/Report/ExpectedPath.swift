import NetPrimitives
import PortMapping

/// The best way that a session from here can be expected to take, with a peer behind an ordinary home router.
package enum ExpectedPath: String, Hashable, Sendable {
    case direct
    case mapped
    case punched
    case relayed
    case none

    /// - Without any answer of the relay there is no meeting place: none.
    /// - Without UDP nothing but the relay's TCP is left: relayed.
    /// - Without a NAT peers can reach this machine's own address: direct.
    /// - A router that opened a port on the very address by which the internet sees us: mapped.
    /// - A NAT whose port depends on the destination cannot be punched, unless it lets everybody in: relayed. Any other one
    ///   can: punched.
    package init(isReachable: Bool, nat: NATReport, portMapping: PortMappingReport) {
        guard isReachable else {
            self = .none
            return
        }
        guard nat.hasUDP else {
            self = .relayed
            return
        }
        switch nat.mapping {
        case .none:
            self = .direct
        case _ where portMapping.usable.map({ $0.external.ip == nat.publicAddress }) == true:
            self = .mapped
        case .addressAndPortDependent, .addressDependent:
            self = nat.filtering.admitsStrangers ? .punched : .relayed
        case .endpointIndependent, .unknown:
            self = .punched
        }
    }

    /// What it means, for people.
    package var sentence: String {
        switch self {
        case .direct: "between the two machines' own addresses; a firewall takes each side's packets for answers."
        case .mapped: "peers can come in by the port that the router opens."
        case .punched: "both sides' routers let each other in."
        case .relayed: "everything goes through the relay."
        case .none: "no session is possible from here."
        }
    }
}
