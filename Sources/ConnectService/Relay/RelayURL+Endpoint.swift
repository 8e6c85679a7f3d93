import NetPrimitives
import Rendezvous

extension RelayURL {
    /// A URL's authority taken apart: what is dialled.
    var endpoint: RelayEndpoint {
        let defaultPort: UInt16 = isSecure ? 443 : 80
        if authority.hasPrefix("["), let bracket = authority.firstIndex(of: "]") {
            let host = authority[authority.index(after: authority.startIndex)..<bracket]
            let port = UInt16(authority[authority.index(after: bracket)...].dropFirst())
            return RelayEndpoint(isSecure: isSecure, host: String(host), port: port ?? defaultPort)
        }
        let parts = authority.split(separator: ":")
        return RelayEndpoint(
            isSecure: isSecure, host: parts.first.map(String.init) ?? authority,
            port: parts.count == 2 ? UInt16(parts[1]) ?? defaultPort : defaultPort)
    }
}

/// One way of reaching a relay: a host, a port, and TLS or not.
struct RelayEndpoint: Hashable, Sendable {
    var isSecure: Bool
    /// A name or an address, without brackets.
    var host: String
    var port: UInt16

    /// Whether the relay is on this machine: a trial.
    var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }

    /// As the `Host` field of a request has it (RFC 9110 §7.2).
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

extension RelayEndpoint: CustomStringConvertible {
    var description: String { "\(isSecure ? "https" : "http")://\(authority)" }
}
