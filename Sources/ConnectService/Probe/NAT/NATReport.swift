package import NetPrimitives

/// What the relay's answers to UDP ports of ours tell about the NAT in between (RFC 4787 §4).
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
    /// How the relay's other address saw it, by port (RFC 5780 §4.3); empty when it has none.
    package var elsewhere: [UInt16: TransportAddress]
    package var filtering: NATFiltering
    /// Whether a packet that is sent from inside to the outside of a port of ours comes back in (RFC 4787 §6); nil without a
    /// NAT, and when it is not known.
    package var hairpin: Bool?
    /// How long a binding lives without traffic; nil when it was not asked for.
    package var bindingLifetime: BindingLifetime?
    /// How the relay saw a TCP connection, for networks that let no UDP out.
    package var reflexiveOverTCP: TransportAddress?

    package init(
        local: TransportAddress?, reflexive: [UInt16: TransportAddress], elsewhere: [UInt16: TransportAddress] = [:],
        filtering: NATFiltering = .unknown, hairpin: Bool? = nil, bindingLifetime: BindingLifetime? = nil,
        reflexiveOverTCP: TransportAddress? = nil
    ) {
        self.local = local
        self.reflexive = reflexive
        self.elsewhere = elsewhere
        self.filtering = filtering
        self.hairpin = hairpin
        self.bindingLifetime = bindingLifetime
        self.reflexiveOverTCP = reflexiveOverTCP
    }

    package var hasUDP: Bool { !reflexive.isEmpty }

    private var first: TransportAddress? { reflexive.min { $0.key < $1.key }?.value }

    /// Where the internet sees this network.
    package var publicAddress: IPAddress? { (first ?? reflexiveOverTCP)?.ip }

    /// Whether the NAT keeps our port's number (RFC 4787 §4.2.1); nil without a NAT.
    package var keepsPort: Bool? {
        guard let local, let first, first != local else { return nil }
        return first.port == local.port
    }

    /// One address of the relay can show that the mapping depends on the port, and never that it depends on nothing.
    package var mapping: Mapping {
        let here = Set(reflexive.values)
        let there = Set(elsewhere.values)
        if here.count > 1 || there.count > 1 { return .addressAndPortDependent }
        guard let only = here.first else { return .unknown }
        if only == local { return .none }
        if there == here { return .endpointIndependent }
        // It is another one there: of whom two ports were asked, it does not depend on the port.
        return !there.isEmpty && (reflexive.count > 1 || elsewhere.count > 1) ? .addressDependent : .unknown
    }

    /// What `mapping` stands on, for people.
    package var reading: String {
        switch mapping {
        case .none: "there is no NAT between this machine and the relay"
        case .addressAndPortDependent: "the NAT uses another port for each destination"
        case .endpointIndependent: "the NAT uses one port for every destination"
        case .addressDependent: "the NAT uses another port for each address"
        case .unknown where !elsewhere.isEmpty: "the NAT uses another port for each address, or for each destination"
        case .unknown where reflexive.count > 1:
            "the NAT uses one port towards \(reflexive.count) ports of the relay; one address cannot tell more"
        case .unknown where reflexive.count == 1: "only one port of the relay answered over UDP"
        case .unknown: "the relay did not answer over UDP"
        }
    }
}
