import NetPrimitives
import Relay

extension ServeConfiguration {
    /// What keeps the internet from a relay with these settings, a sentence each. A network of its own may want it so:
    /// none of it is a mistake.
    ///
    /// - Parameter host: the addresses of this host's interfaces.
    func reachabilityWarnings(host: [IPAddress]) -> [String] {
        let policy = PeerPolicy(allow: allowPeers)
        // A team that relays to its own network has opened it.
        func isHidden(_ address: IPAddress) -> Bool { policy.verdict(for: address) == .refused(.notGloballyReachable) }
        guard externalAddresses.isEmpty else {
            return externalAddresses.filter(isHidden).map {
                "external-ip \($0) is not public: from the internet nobody reaches what is relayed there"
            }
        }
        let named = listen.filter { !$0.isUnspecified }
        // Whoever listens on loopback alone means this host alone.
        let used = (named.isEmpty ? host.filter { $0.family == .ipv4 } : named).filter { !$0.isLoopback && !$0.isLinkLocal }
        guard let first = used.first, used.allSatisfy(isHidden) else { return [] }
        return [
            "\(first) is not public: from the internet this host needs --external-ip ADDRESS, "
                + "and peers that are not public --allow-peer"
        ]
    }
}
