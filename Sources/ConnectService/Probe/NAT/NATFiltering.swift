/// Whom a NAT, or a firewall, lets in to a port that has spoken to somebody (RFC 4787 §5).
package enum NATFiltering: Hashable, Sendable {
    /// Anybody.
    case endpointIndependent
    /// Whoever is at an address that was spoken to.
    case addressDependent
    /// Who was spoken to, by that port of theirs.
    case addressAndPortDependent
    /// One of the first two: the relay has one address, and gets in by a port of it that was not spoken to.
    case portIndependent
    case unknown

    /// As the JSON report has it.
    package var name: String {
        switch self {
        case .endpointIndependent: "endpoint-independent"
        case .addressDependent: "address-dependent"
        case .addressAndPortDependent: "address-and-port-dependent"
        case .portIndependent, .unknown: "unknown"
        }
    }

    /// For people.
    package var reading: String {
        switch self {
        case .endpointIndependent: "anybody gets in"
        case .addressDependent: "who was spoken to gets in, by any port of theirs"
        case .addressAndPortDependent: "only who was spoken to gets in"
        case .portIndependent: "the relay gets in by ports that were not spoken to; one address cannot tell whether others do"
        case .unknown: "who gets in is not known"
        }
    }

    /// Whether a peer gets in who was never spoken to.
    package var admitsStrangers: Bool {
        switch self {
        case .endpointIndependent: true
        case .addressDependent, .addressAndPortDependent, .portIndependent, .unknown: false
        }
    }
}
