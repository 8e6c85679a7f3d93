import HostNetwork
import NetPrimitives

/// The addresses of this machine that a peer might reach (RFC 8445 §5.1.1.1).
enum LocalAddresses {
    /// Those worth a host candidate, the best first, at most `limit`: see `choose`.
    static func candidates(relayIsLoopback: Bool, limit: Int = 8) -> [LocalAddress] {
        choose(HostInterface.all().map { ($0.address, InterfaceKind(of: $0.name)) }, relayIsLoopback: relayIsLoopback, limit: limit)
    }

    /// Neither loopback (but IPv4's when the relay itself is there, so that a trial on one machine works) nor link-local
    /// addresses: those of IPv6 mean nothing without an interface's name, which a peer cannot know, and who has none but one of
    /// IPv4 reaches no relay. Nor those of bridges that only this computer's containers are behind, which reach its others.
    ///
    /// Tunnels come last. The families take turns, IPv6 first (RFC 8421 §4).
    static func choose(_ all: [(IPAddress, InterfaceKind)], relayIsLoopback: Bool, limit: Int) -> [LocalAddress] {
        let usable = all.filter { address, kind in
            if address.isLoopback { return relayIsLoopback && address == .loopbackV4 }
            return kind != .inner && !address.isLinkLocal && !address.isUnspecified
        }
        let chosen = [false, true].flatMap { isTunnel in
            let addresses = usable.filter { ($0.1 == .tunnel) == isTunnel }.map(\.0)
            let (six, four) = (addresses.filter { $0.family == .ipv6 }, addresses.filter { $0.family == .ipv4 })
            return (0..<max(six.count, four.count)).flatMap { turn in [six, four].compactMap { $0.dropFirst(turn).first } }
                .map { LocalAddress($0, isTunnel: isTunnel) }
        }
        return Array(chosen.prefix(limit))
    }
}
