package import NetPrimitives

/// What the relay's answers to one UDP port of ours tell about the NAT in between (RFC 4787 §4).
package struct NATReport: Hashable, Sendable {
    /// How a NAT chooses the external port (RFC 4787 §4.1).
    package enum Mapping: String, Hashable, Sendable {
        /// There is no NAT: the relay sees our own address.
        case none
        case endpointIndependent = "endpoint-independent"
        case addressDependent = "address-dependent"
        case addressAndPortDependent = "address-and-port-dependent"
        case unknown
    }

    /// The socket's own address; nil when none could be opened.
    package var local: TransportAddress?
    /// How the relay saw that socket, by the port of the relay that was asked.
    package var reflexive: [UInt16: TransportAddress]
    /// How the relay saw a TCP connection, for networks that let no UDP out.
    package var reflexiveOverTCP: TransportAddress?

    package init(
        local: TransportAddress?, reflexive: [UInt16: TransportAddress], reflexiveOverTCP: TransportAddress? = nil
    ) {
        self.local = local
        self.reflexive = reflexive
        self.reflexiveOverTCP = reflexiveOverTCP
    }

    package var hasUDP: Bool { !reflexive.isEmpty }

    /// Where the internet sees this network.
    package var publicAddress: IPAddress? { (reflexive.min { $0.key < $1.key }?.value ?? reflexiveOverTCP)?.ip }

    /// All answers come from one address of the relay: they can show that the mapping depends on the port, and
    /// never that it depends on nothing.
    package var mapping: Mapping {
        let seen = Set(reflexive.values)
        if seen.count > 1 { return .addressAndPortDependent }
        guard let only = seen.first, only == local else { return .unknown }
        return .none
    }

    /// What `mapping` stands on, for people.
    package var reading: String {
        switch mapping {
        case .none: "there is no NAT between this machine and the relay"
        case .addressAndPortDependent: "the NAT uses another port for each destination"
        case .endpointIndependent: "the NAT uses one port for every destination"
        case .addressDependent: "the NAT uses another port for each address"
        case .unknown where reflexive.count > 1:
            "the NAT uses one port towards \(reflexive.count) ports of the relay; one address cannot tell more"
        case .unknown where reflexive.count == 1: "only one port of the relay answered over UDP"
        case .unknown: "the relay did not answer over UDP"
        }
    }
}
