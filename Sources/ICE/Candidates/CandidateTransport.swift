public import NetPrimitives

/// The transport that a candidate speaks: UDP, or TCP as RFC 6544 has it.
public enum CandidateTransport: String, Hashable, Sendable, CaseIterable {
    case udp
    case tcp

    /// As packets have it.
    public var protocolNumber: TransportProtocol { self == .udp ? .udp : .tcp }
}

/// Who opens the connection between two TCP candidates (RFC 6544 §4.1).
public enum TCPType: String, Hashable, Sendable, CaseIterable {
    /// Connects, to passive candidates. Its port is not known before: 9 stands for it (§4.5).
    case active
    /// Listens, for active candidates.
    case passive
    /// Both at the same time.
    case simultaneousOpen = "so"

    /// RFC 6544 §6.2's table. A passive candidate forms no pair: the peer's connection makes one.
    func connects(to remote: TCPType) -> Bool {
        switch self {
        case .active: remote == .passive
        case .passive: false
        case .simultaneousOpen: remote == .simultaneousOpen
        }
    }
}
