/// What carries bytes between two transport addresses, with IANA's protocol numbers.
public enum TransportProtocol: UInt8, Hashable, Sendable {
    case tcp = 6
    case udp = 17
}

/// A client's address, a server's address and the protocol between them: what names a TURN
/// allocation (RFC 8656 §3.2). TLS over TCP counts as `tcp`, DTLS over UDP as `udp` that is secured.
public struct FiveTuple: Hashable, Sendable {
    public var transport: TransportProtocol
    public var client: TransportAddress
    public var server: TransportAddress
    /// Whether it is a DTLS session over UDP: a plain datagram between the same addresses belongs to another
    /// five-tuple, so nobody can put one in. (A TCP connection is plain or TLS as a whole: it needs no mark.)
    public var isSecured = false

    public init(transport: TransportProtocol, client: TransportAddress, server: TransportAddress) {
        self.transport = transport
        self.client = client
        self.server = server
    }
}

extension FiveTuple: CustomStringConvertible {
    public var description: String { "\(client)→\(server)/\(isSecured ? "dtls" : "\(transport)")" }
}
