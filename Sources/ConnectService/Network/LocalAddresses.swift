import HostNetwork
import NetPrimitives

/// The addresses of this machine that a peer might reach (RFC 8445 §5.1.1.1).
enum LocalAddresses {
    /// Those worth a host candidate: no loopback and no link-local ones (RFC 8445 §5.1.1.1); loopback too when
    /// the relay itself is on loopback, so that a trial on one machine works. At most `limit`.
    static func candidates(relayIsLoopback: Bool, limit: Int = 8) -> [IPAddress] {
        let usable = HostInterface.all().map(\.address).filter { address in
            if address.isLoopback { return relayIsLoopback && address == .loopbackV4 }
            return !address.isLinkLocal && !address.isUnspecified
        }
        return Array(usable.prefix(limit))
    }
}
