import NetPrimitives
import PortMapping

/// Where this host is, as far as it knows itself: its addresses, and the routers that it would ask for the rest of the world. In another
/// place connections are dead without a word, also where the address is as it was and only the router is another.
struct NetworkPlace: Hashable, Sendable {
    struct Exit: Hashable, Sendable {
        let interface: String
        let gateway: IPAddress
    }

    let addresses: [LocalAddress]
    /// The preferred one comes first. Its metric is not part of it: network managers change that as they please.
    let exits: [Exit]

    init(addresses: [LocalAddress], routes: [DefaultRoute]) {
        self.addresses = addresses
        exits = routes.map { Exit(interface: $0.interface, gateway: $0.gateway) }
    }

    /// Whether a connection that was begun there may be dead here.
    ///
    /// - Parameter local: this side's address of the connection: what becomes of other addresses, and of the other family's routers, is
    ///   nothing to it. Nil while there is none: then all may count.
    func isElsewhere(from other: NetworkPlace, for local: IPAddress?) -> Bool {
        guard let local else { return self != other }
        return has(local) != other.has(local) || exit(for: local) != other.exit(for: local)
    }

    private func has(_ address: IPAddress) -> Bool { addresses.contains { $0.ip == address } }

    /// The preferred way out of that family.
    private func exit(for address: IPAddress) -> Exit? { exits.first { $0.gateway.family == address.family } }

    static func now(relayIsLoopback: Bool) -> NetworkPlace {
        NetworkPlace(
            addresses: LocalAddresses.candidates(relayIsLoopback: relayIsLoopback),
            routes: DefaultRoute.all(.ipv4) + DefaultRoute.all(.ipv6))
    }
}
