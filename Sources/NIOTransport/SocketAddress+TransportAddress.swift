public import NIOCore
public import NetPrimitives

extension TransportAddress {
    /// A socket's address; an IPv4-mapped one becomes the IPv4 one inside. nil for a UNIX socket's.
    public init?(_ address: SocketAddress) {
        guard let port = address.port.flatMap(UInt16.init(exactly:)) else { return nil }
        // Both structures begin with family and port; the address stands at offset 4 (sockaddr_in) or 8
        // (sockaddr_in6, behind the flow label), in network byte order: netinet/in.h.
        let octets: [UInt8]
        switch address {
        case .v4: octets = address.withSockAddr { pointer, _ in Array(UnsafeRawBufferPointer(start: pointer, count: 8)[4...]) }
        case .v6: octets = address.withSockAddr { pointer, _ in Array(UnsafeRawBufferPointer(start: pointer, count: 24)[8...]) }
        case .unixDomainSocket: return nil
        }
        guard let ip = IPAddress(octets: octets) else { return nil }
        self.init(ip: ip.unmapped, port: port)
    }
}

extension SocketAddress {
    public init(_ address: TransportAddress) throws {
        try self.init(packedIPAddress: ByteBuffer(bytes: address.ip.octets), port: Int(address.port))
    }
}
