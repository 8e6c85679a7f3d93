package import NetPrimitives
package import PortMapping

/// What the router did when it was asked to open a port.
package struct PortMappingReport: Hashable, Sendable {
    /// One method's answer.
    package enum Method: Hashable, Sendable {
        case mapped(Mapping)
        case failed(MappingFailure)
        /// No word in time.
        case silent

        package var mapping: Mapping? {
            switch self {
            case .mapped(let mapping): mapping
            case .failed, .silent: nil
            }
        }

        /// Whether a router answers to this method at all.
        package var isPresent: Bool {
            switch self {
            case .mapped: true
            case .failed(.noRouter), .failed(.notIPv4), .silent: false
            case .failed: true
            }
        }

        /// Why there is no mapping, from a router that is there.
        package var refusal: MappingFailure? {
            switch self {
            case .failed(let failure): isPresent ? failure : nil
            case .mapped, .silent: nil
            }
        }
    }

    package var upnp: Method
    package var natPMP: Method

    package var pcp: Method

    package init(upnp: Method = .silent, natPMP: Method = .silent, pcp: Method = .silent) {
        self.upnp = upnp
        self.natPMP = natPMP
        self.pcp = pcp
    }

    package var mappings: [Mapping] { [upnp.mapping, natPMP.mapping, pcp.mapping].compactMap(\.self) }

    /// A mapping that the internet should reach; the relay does not try it yet.
    package var usable: Mapping? { mappings.first { $0.reach == .internet } }

    /// Whether the router is itself behind another NAT; nil when that cannot be told from its address.
    package func doubleNAT(publicAddress: IPAddress?) -> Bool? {
        guard let mapping = usable ?? mappings.first, let publicAddress, publicAddress.family == .ipv4
        else { return nil }
        return mapping.external.ip != publicAddress
    }
}
