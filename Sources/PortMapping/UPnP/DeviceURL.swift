package import NetPrimitives

/// Where a UPnP device says that it is to be asked: `http://192.168.1.1:5000/rootDesc.xml`.
///
/// Whoever answers a search may name any URL, and the library does not tell who answered. A URL on a link of ours leads no
/// further than who answers could have answered from; one of another network, or of this computer's own services, is nobody's
/// device.
package enum DeviceURL {
    /// Whether the URL's host is the address of a neighbour: names are none (UPnP Device Architecture 1.1 §2.1 knows addresses).
    ///
    /// - Parameter networks: those that this computer is on.
    package static func isNear(_ url: String, networks: [CIDRBlock]) -> Bool {
        guard let host = host(of: url), let ip = IPAddress(host)?.unmapped, !ip.isLoopback else { return false }
        return networks.contains { $0.contains(ip) }
    }

    /// Without brackets and zone (RFC 6874 §2); nil when it is no URL of HTTP.
    private static func host(of url: String) -> String? {
        let scheme = "http://"
        guard url.lowercased().hasPrefix(scheme) else { return nil }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        if authority.first == "[" {
            return String(authority.dropFirst().prefix { $0 != "]" && $0 != "%" })
        }
        return String(authority.prefix { $0 != ":" })
    }
}
