import HostNetwork
import NetPrimitives

/// This host's addresses, and which of them a relayed port is opened on.
struct LocalAddresses: Sendable {
    /// An address to bind to and, if it is not the host's own, one to try instead; and what peers see.
    struct Choice: Hashable, Sendable {
        let bind: [IPAddress]
        let shown: IPAddress
    }

    let external: [IPAddress]
    let interfaces: [IPAddress]

    init(external: [IPAddress], interfaces: [IPAddress] = HostInterface.all().map(\.address)) {
        self.external = external
        self.interfaces = interfaces
    }

    /// What the peer policy takes for the relay's own: the external addresses and the interfaces'. Loopback is
    /// nobody's external address unless it is named.
    var own: [IPAddress] { external + interfaces.filter { !$0.isLoopback && !external.contains($0) } }

    /// nil when the host has no address of the family.
    func choice(_ family: IPAddress.Family, for client: FiveTuple) -> Choice? {
        if let shown = external.first(where: { $0.family == family }) {
            return Choice(bind: [shown, family == .ipv4 ? .anyV4 : .anyV6], shown: shown)
        }
        let asked = client.server.ip.unmapped
        if asked.family == family, !asked.isUnspecified { return Choice(bind: [asked], shown: asked) }
        let candidates = interfaces.filter { $0.family == family && !$0.isLinkLocal && $0.isLoopback == asked.isLoopback }
        return candidates.first.map { Choice(bind: [$0], shown: $0) }
    }
}
