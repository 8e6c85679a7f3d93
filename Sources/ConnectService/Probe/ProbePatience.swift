import STUN

/// How long the probe waits for whom: an ordinary network is done in five seconds, a firewall that swallows included.
enum ProbePatience {
    /// For one port. Linux sends a SYN at 0, 1 and 3 s: three of them, and a second for the answer to the last.
    static let port = Duration.seconds(4)
    /// For one STUN server over UDP: asked at 0, 250, 750 and 1750 ms, given up after 3.75 s.
    static let binding = ClientTransaction.Timing(
        initialRTO: .milliseconds(250), requestCount: 4, finalWaitFactor: 8)
    /// For the relay's description: 500 ms for the URL's own port, then as long as a port may take.
    static let description = RelayDiscovery.headStart + port
    /// For a router: UPnP searches for 1 and 2 s, NAT-PMP asks for 3.75 s.
    static let router = Duration.seconds(4)
}
