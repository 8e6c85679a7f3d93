import NIOCore
import NetPrimitives
import Rendezvous

/// The TURN servers of one node of a fleet, and what judges their certificates.
struct NodeServers: Sendable {
    var servers: [RelayServer]
    var trust: RelayTrust

    /// Asks a node for its description. Another node has named it, so that it gets the time of one that may have died.
    static func find(
        at node: RelayURL, proxy: ProxyRule?, resolver: NameResolver, loop: any EventLoop
    ) async throws -> NodeServers {
        let trust = RelayTrust(node)
        let relay = try await RelayDiscovery(
            trust: trust, routes: StreamRoute.all(proxy, to: node.endpoint), patience: FleetRoute.patience, loop: loop
        ).find()
        return NodeServers(servers: await RelayServer.resolve(relay, proxy: proxy, resolver: resolver), trust: trust)
    }
}
