/// An IP address with a port: RFC 8445's "transport address", without the protocol.
///
/// The text form is `ip:port`, with brackets around an IPv6 address.
public struct TransportAddress: Hashable, Sendable {
    public var ip: IPAddress
    public var port: UInt16

    public init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    public var family: IPAddress.Family { ip.family }
}

extension TransportAddress: LosslessStringConvertible {
    /// Reads `1.2.3.4:5` or `[2001:db8::1]:5`; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]"), let ip = IPAddress(String(host.dropFirst().dropLast())),
            ip.family == .ipv6
        {
            self.init(ip: ip, port: port)
        } else if let ip = IPAddress(String(host)), ip.family == .ipv4 {
            self.init(ip: ip, port: port)
        } else {
            return nil
        }
    }

    public var description: String {
        switch ip {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }
}
