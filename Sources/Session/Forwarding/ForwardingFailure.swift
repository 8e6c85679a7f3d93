/// Why the sharer's computer did not open a connection.
public enum ForwardingFailure: UInt8, Error, Hashable, Sendable, CaseIterable {
    case refused = 1
    case unreachable
    case unknownName
    case timedOut
    case tooMany
    case other
}

extension ForwardingFailure {
    /// For the person at the helper.
    public func sentence(_ destination: Destination, peer: String) -> String {
        let peer = peer.printable
        switch self {
        case .refused: return "\(destination) refused the connection: nobody listens there."
        case .unreachable: return "\(destination) cannot be reached from \(peer)'s computer."
        case .unknownName: return "\(peer)'s computer does not know the name \(destination.host)."
        case .timedOut: return "\(destination) did not answer \(peer)'s computer."
        case .tooMany: return "There are too many connections at once; close some of them."
        case .other: return "\(peer)'s computer could not connect to \(destination)."
        }
    }
}
