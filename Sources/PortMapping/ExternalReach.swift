public import NetPrimitives

/// How far the address that a router names as its external one can be reached.
public enum ExternalReach: Hashable, Sendable {
    /// The router says that it is on the internet.
    case internet
    /// The router is itself behind a NAT: another router at home, or the provider's (RFC 6598). A mapping on it
    /// is reachable from that network alone.
    case behindAnotherNAT
    /// Not an address of anybody: the router is not connected, or it does not know.
    case nowhere

    public init(of address: IPAddress) {
        let address = address.unmapped
        if Self.unusable.contains(where: { $0.contains(address) }) {
            self = .nowhere
        } else if Self.translated.contains(where: { $0.contains(address) }) {
            self = .behindAnotherNAT
        } else {
            self = .internet
        }
    }

    /// RFC 1918, RFC 6598 (shared with the provider), RFC 6333 (DS-Lite), RFC 2544, RFC 4193.
    private static let translated = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "fc00::/7",
    ].compactMap { CIDRBlock($0) }

    /// "This network", loopback, link-local, multicast, reserved with broadcast; and their kind in IPv6.
    private static let unusable = [
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/127", "fe80::/10", "ff00::/8",
    ].compactMap { CIDRBlock($0) }
}
