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
        if configuration.hasCertificate { ports.append(configuration.tlsPort ?? ServeConfiguration.defaultTLSPort) }
        ports += extra
        var seen: Set<UInt16> = []
        ports = ports.filter { seen.insert($0).inserted }
        self.ports = ports
        var required = Set([configuration.port] + (configuration.alsoListen ?? []))
        if configuration.hasCertificate, let tlsPort = configuration.tlsPort { required.insert(tlsPort) }
        let isNamed = !configuration.listen.isEmpty
        let addresses = isNamed ? configuration.listen : [.anyV4, .anyV6]
        var udp: [DataPlaneConfiguration.Listener] = []
        var tcp: [TCPListener] = []
        for port in ports {
            for ip in addresses {
                // What somebody named must open; a default may fail: a host without IPv6, a port in use.
                let isRequired = required.contains(port) && (isNamed || ip == .anyV4)
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
    func reachableAddress(_ configuration: ServeConfiguration) -> IPAddress {
        configuration.externalAddresses.first ?? configuration.listen.first { !$0.isUnspecified }
            ?? [.ipv4, .ipv6].lazy.compactMap { family in
                HostInterface.all().map(\.address).first { $0.family == family && !$0.isLoopback && !$0.isLinkLocal }
            }.first ?? .loopbackV4
    }

    /// What a client passes as `--relay`: the public URL, else one that works from where this host's addresses do.
    ///
    /// - Parameter opened: the TCP ports that are listened on.
    func url(_ configuration: ServeConfiguration, certificate: ServerCertificate?, opened: [UInt16]) -> String {
        if let url = configuration.trimmedPublicURL { return url }
        let ip = reachableAddress(configuration)
        let address = ip.family == .ipv6 ? "[\(ip)]" : "\(ip)"
        let main = inOrder(opened).first ?? configuration.port
        guard let certificate else { return "http://\(address):\(main)" }
        let port = [443, configuration.tlsPort ?? ServeConfiguration.defaultTLSPort].first(where: opened.contains) ?? main
        // Whom an authority vouches for has to be called by a name of the certificate's; of one that vouches for itself
        // clients remember the key, whatever it is called.
        let isCalledByAddress = certificate.covers(ip) || certificate.isSelfSigned
        let host = isCalledByAddress ? address : certificate.hostNames.first ?? address
        return "https://\(host)" + (port == 443 ? "" : ":\(port)")
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
