package import NetPrimitives
package import PortMapping

/// What the router did when it was asked to open a port.
package struct PortMappingReport: Hashable, Sendable {
    /// One method's answer.
    package enum Method: Hashable, Sendable {
        /// A port was open as the router said; what came of the relay's dial to it.
        case mapped(Mapping, Inbound)
        case failed(MappingFailure)
        /// No word in time.
        case silent

        package var mapping: Mapping? {
            switch self {
            case .mapped(let mapping, _): mapping
            case .failed, .silent: nil
            }
        }

        /// Whether the relay got in by the mapping; nil when that was not tried.
        package var isReachable: Bool? {
            switch self {
            case .mapped(_, .open): true
            case .mapped(_, .refused), .mapped(_, .filtered): false
            case .mapped(_, .untested), .failed, .silent: nil
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
    /// What the router says it is, over UPnP.
    package var model: String?

    package init(upnp: Method = .silent, natPMP: Method = .silent, pcp: Method = .silent, model: String? = nil) {
        self.upnp = upnp
        self.natPMP = natPMP
        self.pcp = pcp
        self.model = model
    }

    package var methods: [(name: String, answer: Method)] { [("UPnP", upnp), ("NAT-PMP", natPMP), ("PCP", pcp)] }

    package var mappings: [Mapping] { methods.compactMap(\.answer.mapping) }

    /// A mapping by which the relay got in, or that nobody could try though the internet should reach it.
    package var usable: Mapping? {
        let answers = methods.map(\.answer)
        return (answers.first { $0.isReachable == true } ?? answers.first { $0.isReachable == nil && $0.mapping?.reach == .internet })?
            .mapping
    }

    /// Whether the router is itself behind another NAT; nil when that cannot be told from its address.
    package func doubleNAT(publicAddress: IPAddress?) -> Bool? {
        guard let mapping = usable ?? mappings.first, let publicAddress, publicAddress.family == .ipv4
        else { return nil }
        return mapping.external.ip != publicAddress
    }
}
