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
    /// Of one family: each is asked about every port of ours, with three packets at most.
    static let maximumReflexiveServers = 3
    /// A name that has no address by then is left out.
    static let patience = Duration.seconds(3)
    /// The same where a proxy has looked it up for us already: then this computer may have nobody who knows names.
    static let patienceBehindProxy = Duration.seconds(1)

    /// The servers that a relay names, in the order in which they are to be tried: the port first on which it was found,
    /// then as the relay has them. Left out are those without an address, those with one that no server of the internet has,
    /// and TURN over DTLS: its first packets are UDP on the ports of plain TURN, so that whoever drops the one drops the other,
    /// and what a leg carries is encrypted from end to end anyway.
    static func resolve(_ relay: RelayDiscovery.Relay, proxy rule: ProxyRule?, resolver: NameResolver) async -> [RelayServer] {
        let uris = relay.description.turn.prefix(maximumURIs).compactMap(TURNURI.init)
        var names: [String] = []
        for uri in uris where !names.contains(uri.host) && names.count < maximumNames { names.append(uri.host) }
        let addresses = await resolver.resolve(
            names, within: relay.route == .direct ? patience : patienceBehindProxy)
        var servers: [RelayServer] = []
        for uri in uris {
            guard let transport = Transport(uri) else { continue }
            for ip in addresses[uri.host] ?? [] where isPlausible(ip, fromLocal: relay.endpoint.isLoopback) {
                servers.append(RelayServer(host: uri.host, port: uri.port, ip: ip, transport: transport))
            }
            guard transport != .udp, isPlausible(host: uri.host, fromLocal: relay.endpoint.isLoopback),
                let proxy = rule?.proxy(for: uri.host, port: uri.port)
            else { continue }
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

    /// Who is asked how it sees our ports: servers over UDP, of each family more than one where there are more, for a firewall
    /// may let one of their ports pass and not the other.
    static func reflexive(_ servers: [RelayServer]) -> [TransportAddress] {
        var counts: [IPAddress.Family: Int] = [:]
        var chosen: [TransportAddress] = []
        for address in servers.lazy.filter({ $0.transport == .udp }).compactMap(\.address) where !chosen.contains(address) {
            counts[address.family, default: 0] += 1
            if counts[address.family, default: 0] <= maximumReflexiveServers { chosen.append(address) }
        }
        return chosen
    }

    /// Whether a relay may send us there: not to services of our own machine, unless it is itself one, nor of our own network.
    ///
    /// - Parameter isLocal: whether who sends us is a service of our own machine: a trial.
    private static func isPlausible(_ ip: IPAddress, fromLocal isLocal: Bool) -> Bool {
        (!ip.isLoopback || isLocal) && !ip.isLinkLocal && !ip.isUnspecified && !ip.isMulticast
    }

    /// Whether a relay may send a proxy there: not to services of the proxy's own machine, in any of their names. A last label
    /// that is a number makes the whole an IPv4 address for whoever reads it as inet_aton(3) does, and 127.1 is one.
    private static func isPlausible(host: String, fromLocal isLocal: Bool) -> Bool {
        if let ip = IPAddress(host) { return isPlausible(ip, fromLocal: isLocal) }
        // What else a name holds would be the proxy's to read, in the midst of our request.
        guard host.utf8.allSatisfy({ Self.nameOctets.contains($0) }) else { return false }
        guard let last = host.lowercased().split(separator: ".").last else { return false }
        let isNumber = last.hasPrefix("0x") || last.allSatisfy(\.isNumber)
        return !isNumber && (isLocal || !Self.localNames.contains(String(last)))
    }

    /// Of names as the DNS has them (RFC 1123 §2.1), and the underscore that some have.
    private static let nameOctets = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._".utf8)
    /// Last labels of this machine's own names: RFC 6761 §6.3, and what /etc/hosts has on most systems.
    private static let localNames: Set<String> = ["localhost", "localdomain", "ip6-localhost", "ip6-loopback", "localhost4", "localhost6"]

    /// Whether this server may send us there.
    func isPlausible(alternate: TransportAddress) -> Bool {
        Self.isPlausible(alternate.ip, fromLocal: ip?.isLoopback ?? false)
    }

    /// The same way to another server, which this one has named in its place.
    func alternate(_ address: TransportAddress) -> RelayServer {
        RelayServer(
            host: "\(address.ip)", port: address.port, ip: route == .direct ? address.ip : nil, transport: transport, route: route)
    }

    /// Whether what lets us reach the one may let us reach the other.
    func isReached(as other: RelayServer) -> Bool {
        transport == other.transport && ip?.family == other.ip?.family && route == other.route
    }

    /// Where datagrams go; nil when only a proxy knows.
    var address: TransportAddress? { ip.map { TransportAddress(ip: $0, port: port) } }

    /// What is better has less: UDP before TCP before TLS, and both before the detour through a proxy.
    var rank: Int { transport.rawValue + (route == .direct ? 0 : Transport.tls.rawValue) }
    static let worstRank = 2 * Transport.tls.rawValue
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

extension RelayServer: CustomStringConvertible {
    var description: String {
        "\(transport) \(RelayEndpoint(isSecure: false, host: ip.map { "\($0)" } ?? host, port: port).authority) \(route)"
    }
}
