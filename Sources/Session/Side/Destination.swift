/// Where a connection that is lent leads: a host as the lender's computer finds it, and a TCP port there.
public struct Destination: Hashable, Sendable {
    public let host: String
    public let port: UInt16

    /// Bytes of the longest name (RFC 1035 §3.1).
    public static let maximumHostBytes = 255

    /// Nil for a host that is none, and for port 0.
    public init?(host: String, port: UInt16) {
        guard port > 0, (1...Self.maximumHostBytes).contains(host.utf8.count),
            host.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.host = host.lowercased()
        self.port = port
    }

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            self.init(host: String(host.dropFirst().dropLast()), port: port)
        } else {
            guard !host.contains(":") else { return nil }
            self.init(host: String(host), port: port)
        }
    }
}

extension Destination: CustomStringConvertible {
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
