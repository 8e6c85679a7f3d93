package import NetPrimitives

/// A way out of this computer's networks, and the router at its beginning.
package struct DefaultRoute: Hashable, Sendable {
    package var gateway: IPAddress
    package var interface: String
    package var metric: UInt32

    package init(gateway: IPAddress, interface: String, metric: UInt32) {
        self.gateway = gateway
        self.interface = interface
        self.metric = metric
    }

    /// A family's ways out as they are now, the preferred one first.
    package static func all(_ family: IPAddress.Family) -> [DefaultRoute] { among(KernelRoute.all(family)) }

    package static func among(_ routes: [KernelRoute]) -> [DefaultRoute] {
        let ways = routes.filter { $0.destination.prefixLength == 0 }.compactMap { route in
            route.gateway.map { DefaultRoute(gateway: $0, interface: route.interface, metric: route.metric) }
        }
        // More than a machine has ways out; a kernel with the whole internet's table has but one default route each.
        return Array(ways.sorted { $0.metric < $1.metric }.prefix(16))
    }
}
