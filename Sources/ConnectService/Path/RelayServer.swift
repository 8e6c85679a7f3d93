import NIOCore
import NIOTransport
import NetPrimitives

/// A TURN server, and how it is reached from here.
struct RelayServer: Hashable, Sendable {
    var address: TransportAddress
    /// Of the first leg, from this host to the server.
    var transport: TransportProtocol

    /// A relay's list is bounded, whatever it sends: servers, and names that are looked up.
    static let maximumServers = 12
    static let maximumNames = 4
    /// A name that has no address by then is left out.
    static let patience = Duration.seconds(3)

    /// The servers that a relay names, in the order in which they are to be tried: each transport's best
    /// first, UDP before TCP. Those that have no address, or one that no server of the internet has, are left out.
    static func resolve(_ relay: RelayDiscovery.Relay, resolver: NameResolver) async -> [RelayServer] {
        let uris = relay.description.turn.prefix(maximumServers).compactMap(TURNURI.init).filter { $0.scheme == .turn }
        var names: [String] = []
        for uri in uris where !names.contains(uri.host) && names.count < maximumNames { names.append(uri.host) }
        let addresses = await resolver.resolve(names, within: patience)
        var servers: [RelayServer] = []
        for uri in uris {
            for ip in addresses[uri.host] ?? [] where isPlausible(ip, relay: relay.endpoint) {
                let server = RelayServer(
                    address: TransportAddress(ip: ip, port: uri.port), transport: uri.transport == .udp ? .udp : .tcp)
                if !servers.contains(server) { servers.append(server) }
            }
        }
        return inOrder(servers)
    }

    /// Whether a relay may send us there: not to services of our own machine, unless it is itself one.
    static func isPlausible(_ ip: IPAddress, relay: RelayEndpoint) -> Bool {
        (!ip.isLoopback || relay.isLoopback) && !ip.isLinkLocal && !ip.isUnspecified && !ip.isMulticast
    }

    /// Whether this server may send us there.
    func isPlausible(alternate: TransportAddress) -> Bool {
        (!alternate.ip.isLoopback || address.ip.isLoopback) && !alternate.ip.isLinkLocal
    }

    /// UDP, TCP, UDP, TCP…, each in the given order.
    static func inOrder(_ servers: [RelayServer]) -> [RelayServer] {
        let (udp, tcp) = (servers.filter { $0.transport == .udp }, servers.filter { $0.transport == .tcp })
        return (0..<max(udp.count, tcp.count)).flatMap { Array(udp.dropFirst($0).prefix(1) + tcp.dropFirst($0).prefix(1)) }
    }
}
