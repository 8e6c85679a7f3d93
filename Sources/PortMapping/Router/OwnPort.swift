import CLinuxNet
package import NetPrimitives

/// What has become of a port that a program of ours had.
package enum OwnPort: Hashable, Sendable {
    /// Nobody has it.
    case free
    /// A program has it, by now.
    case taken
    /// The address is not this computer's now: it is on another network, or on none.
    case elsewhere

    package init(_ address: TransportAddress, _ transport: TransportProtocol) {
        switch ra_try_port(ra_address(address), transport == .tcp ? 1 : 0) {
        case 1: self = .free
        case 0: self = .taken
        default: self = .elsewhere
        }
    }
}
