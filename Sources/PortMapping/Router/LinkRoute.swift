package import NetPrimitives

/// The networks that this computer is on itself, with no router in between.
package enum LinkRoute {
    /// As they are now. Loopback is none of them.
    static func networks() -> [CIDRBlock] { among(KernelRoute.all(.ipv4) + KernelRoute.all(.ipv6)) }

    package static func among(_ routes: [KernelRoute]) -> [CIDRBlock] {
        routes.filter { $0.gateway == nil && $0.interface != "lo" }.map(\.destination)
            .filter { $0.prefixLength >= shortestPrefix(of: $0.base.family) }
    }

    /// Wider than any network that people's routers are on: routes like these lead into tunnels.
    private static func shortestPrefix(of family: IPAddress.Family) -> Int { family == .ipv4 ? 8 : 10 }
}
