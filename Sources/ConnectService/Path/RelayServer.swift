import NetPrimitives
import Session

/// A TURN server, and how it is reached from here.
struct RelayServer: Hashable, Sendable {
    /// Of the first leg, from this host to the server; the better one first.
    enum Transport: Int, Hashable, Sendable { case udp, tcp, tls }

    /// As the relay names it: a name or an address, without brackets.
    var host: String
    var port: UInt16
    /// Of the host; nil when only a proxy knows it.
    var ip: IPAddress?
    var transport: Transport
    var route = StreamRoute.direct

    /// A relay's list is bounded, whatever it sends: URIs, names that are looked up, and servers that come of them.
    static let maximumURIs = 32
    static let maximumNames = 4
    static let maximumServers = 48
    /// A name that has no address by then is left out.
    static let patience = Duration.seconds(3)
    /// The same where a proxy has looked it up for us already: then this computer may have nobody who knows names.
    static let patienceBehindProxy = Duration.seconds(1)

    /// The servers that a relay names, in the order in which they are to be tried: the port first on which it was found,
    /// then as the relay has them. Left out are those without an address, those with one that no server of the internet has,
    /// and TURN over DTLS: its first packets are UDP on the ports of plain TURN, so that whoever drops the one drops the other,
    /// and what a leg carries is encrypted from end to end anyway.
    static func resolve(_ relay: RelayDiscovery.Relay, proxy: HTTPProxy?, resolver: NameResolver) async -> [RelayServer] {
        let uris = relay.description.turn.prefix(maximumURIs).compactMap(TURNURI.init)
        var names: [String] = []
        for uri in uris where !names.contains(uri.host) && names.count < maximumNames { names.append(uri.host) }
        let addresses = await resolver.resolve(
            names, within: relay.route == .direct ? patience : patienceBehindProxy)
        var servers: [RelayServer] = []
        for uri in uris {
            guard let transport = Transport(uri) else { continue }
            for ip in addresses[uri.host] ?? [] where isPlausible(ip, relay: relay.endpoint) {
                servers.append(RelayServer(host: uri.host, port: uri.port, ip: ip, transport: transport))
            }
            guard let proxy, transport != .udp, isPlausible(name: uri.host, relay: relay.endpoint) else { continue }
            servers.append(
                RelayServer(host: uri.host, port: uri.port, ip: nil, transport: transport, route: .proxy(proxy)))
        }
        return inOrder(servers, foundAt: relay.endpoint.port)
    }

    /// Each once, and no more than are bearable; a port that gets out already comes first.
    static func inOrder(_ servers: [RelayServer], foundAt port: UInt16) -> [RelayServer] {
        var seen: Set<RelayServer> = []
        let each = servers.filter { seen.insert($0).inserted }
        let isKnown = { (server: RelayServer) in server.transport != .udp && server.port == port }
        return Array((each.filter(isKnown) + each.filter { !isKnown($0) }).prefix(maximumServers))
    }

    /// Whether a relay may send us there: not to services of our own machine, unless it is itself one.
    static func isPlausible(_ ip: IPAddress, relay: RelayEndpoint) -> Bool {
        (!ip.isLoopback || relay.isLoopback) && !ip.isLinkLocal && !ip.isUnspecified && !ip.isMulticast
    }

    /// Whether a relay may send a proxy there: not to services of the proxy's own machine.
    private static func isPlausible(name: String, relay: RelayEndpoint) -> Bool {
        if let ip = IPAddress(name) { return isPlausible(ip, relay: relay) }
        return name.lowercased() != "localhost" || relay.isLoopback
    }

    /// Whether this server may send us there.
    func isPlausible(alternate: TransportAddress) -> Bool {
        (!alternate.ip.isLoopback || ip?.isLoopback ?? false) && !alternate.ip.isLinkLocal
    }

    /// The same way to another server, which this one has named in its place.
    func alternate(_ address: TransportAddress) -> RelayServer {
        RelayServer(
            host: "\(address.ip)", port: address.port, ip: route == .direct ? address.ip : nil, transport: transport, route: route)
    }

    /// Where datagrams go; nil when only a proxy knows.
    var address: TransportAddress? { ip.map { TransportAddress(ip: $0, port: port) } }

    /// What is better has less: UDP before TCP before TLS, and both before the detour through a proxy.
    var rank: Int { transport.rawValue + (route == .direct ? 0 : Transport.tls.rawValue) }
}

extension RelayServer.Transport {
    /// nil for what is not TURN, and for TURN over DTLS.
    init?(_ uri: TURNURI) {
        switch (uri.scheme, uri.transport) {
        case (.turn, .udp): self = .udp
        case (.turn, .tcp): self = .tcp
        case (.turns, .tcp): self = .tls
        case (.turns, .udp), (.stun, _), (.stuns, _): return nil
        }
    }
}

extension RelayServer.Transport {
    /// As a path's description names it.
    var ofPath: PathDescription.Transport {
        switch self {
        case .udp: .udp
        case .tcp: .tcp
        case .tls: .tls
        }
    }
}
