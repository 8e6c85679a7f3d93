import NIOCore
import NetPrimitives
import STUN

/// How long the probe waits for whom: an ordinary network is done in five seconds, a firewall that swallows included.
package struct ProbePatience: Hashable, Sendable {
    /// For one port. Linux sends a SYN at 0, 1 and 3 s: three of them, and a second for the answer to the last.
    package var port = Duration.seconds(4)
    /// For one STUN server over UDP: asked at 0, 250, 750 and 1750 ms.
    package var answer = Duration.milliseconds(3750)
    /// For an answer that a NAT may keep out, from a server that has just answered: asked three times.
    package var stray = Duration.milliseconds(1750)
    /// For a datagram that only has to go to the router and back, sent three times.
    package var hairpin = Duration.milliseconds(1250)
    /// For the relay's description: 500 ms for the URL's own port, then as long as a port may take.
    package var description = RelayDiscovery.headStart + .seconds(4)
    /// For the relay to dial one port.
    package var dial = DialBack.patience
    /// For a router's first answer: UPnP searches for a quarter of a second, 1 and 2 s, NAT-PMP asks for 3.75 s.
    package var router = Duration.seconds(4)
    /// For a web page that is near: of the router, or in everybody's way.
    package var page = Duration.seconds(2)

    package init() {}

    /// Nothing beyond what is left.
    func within(_ left: Duration) -> ProbePatience {
        var shorter = self
        for limit in [\ProbePatience.port, \.answer, \.stray, \.hairpin, \.description, \.dial, \.router, \.page] {
            shorter[keyPath: limit] = max(min(self[keyPath: limit], left), .zero)
        }
        return shorter
    }

    /// When a question over UDP is sent (RFC 8489 §6.2.1, with half its first RTO).
    static let sending: [TimeAmount] = [.zero, .milliseconds(250), .milliseconds(750), .milliseconds(1750)]

    /// The same for a `BindingClient`, which gives up after `patience`.
    static func timing(within patience: Duration) -> ClientTransaction.Timing {
        let last = max((patience.milliseconds - 1750) / 250, 1)
        return ClientTransaction.Timing(initialRTO: .milliseconds(250), requestCount: 4, finalWaitFactor: Int(last))
    }
}
