import HostNetwork
import NetPrimitives

/// Which addresses and ports are listened on, and which of them must open.
struct ListeningPorts: Sendable {
    struct TCPListener: Hashable, Sendable {
        var address: TransportAddress
        var isRequired: Bool
    }

    let udpListeners: [DataPlaneConfiguration.Listener]
    let tcpListeners: [TCPListener]
    /// The main port first.
    private let ports: [UInt16]

    init(_ configuration: ServeConfiguration) {
        let extra = configuration.alsoListen ?? ServeConfiguration.defaultAlsoListen
        var ports = [configuration.port]
        for port in extra where !ports.contains(port) { ports.append(port) }
        self.ports = ports
        let isNamed = !configuration.listen.isEmpty
        let addresses = isNamed ? configuration.listen : [.anyV4, .anyV6]
        var udp: [DataPlaneConfiguration.Listener] = []
        var tcp: [TCPListener] = []
        for port in ports {
            for ip in addresses {
                // What somebody named must open; a default may fail: a host without IPv6, a port in use.
                let isRequired =
                    (port == configuration.port || configuration.alsoListen != nil) && (isNamed || ip == .anyV4)
                let address = TransportAddress(ip: ip, port: port)
                udp.append(DataPlaneConfiguration.Listener(address, isRequired: isRequired))
                tcp.append(TCPListener(address: address, isRequired: isRequired))
            }
        }
        udpListeners = udp
        tcpListeners = tcp
    }

    /// Each port that opened, once, the main one first.
    func inOrder(_ opened: [UInt16]) -> [UInt16] { ports.filter(opened.contains) }

    /// A host by which clients may reach us: what was configured, else an address of this host.
    func reachableHost(_ configuration: ServeConfiguration) -> String {
        let ip =
            configuration.externalAddresses.first ?? configuration.listen.first { !$0.isUnspecified }
            ?? HostInterface.all().map(\.address).first { $0.family == .ipv4 && !$0.isLoopback && !$0.isLinkLocal }
            ?? .loopbackV4
        return ip.family == .ipv6 ? "[\(ip)]" : "\(ip)"
    }
}

extension ServeConfiguration {
    /// The public URL's host and port, which clients are told to use.
    var publicAuthority: HTTPAuthority? { publicURL.flatMap(Self.authority) }

    static func authority(of url: String) -> HTTPAuthority? {
        guard let separator = url.firstRange(of: "://") else { return nil }
        return HTTPAuthority(String(url[separator.upperBound...].split(separator: "/", maxSplits: 1).first ?? ""))
    }

    /// The public URL's scheme.
    var publicIsSecure: Bool? { publicURL.map { $0.lowercased().hasPrefix("https://") } }

    /// The public URL without a path behind its host and port.
    var trimmedPublicURL: String? {
        publicAuthority.map { "\(publicIsSecure == true ? "https" : "http")://\($0.text)" }
    }

    /// The realm: what was set, else the public URL's host, else `ra-relay`.
    var effectiveRealm: String { realm ?? publicAuthority?.host ?? "ra-relay" }
}
