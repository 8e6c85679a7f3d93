public import NetPrimitives
import STUN

/// Two addresses and two ports of one family, all four pairs of which a server listens on, so that clients can find
/// out what their NATs do (RFC 5780 §6).
public struct NATDiscoveryAddresses: Hashable, Sendable {
    /// A1 and A2.
    public let addresses: [IPAddress]
    /// P1 and P2.
    public let ports: [UInt16]

    /// Takes the first two addresses of a family that are listened on at two ports, the same ones; nil without.
    /// The wildcard is none of them: it does not tell from where it can send.
    public init?(_ family: IPAddress.Family, listening: [TransportAddress]) {
        let named = listening.filter { $0.family == family && !$0.ip.isUnspecified }
        var ports: [IPAddress: [UInt16]] = [:]
        var order: [IPAddress] = []
        for address in named {
            if ports[address.ip] == nil { order.append(address.ip) }
            ports[address.ip, default: []].append(address.port)
        }
        for (number, first) in order.enumerated() {
            for second in order.dropFirst(number + 1) {
                let shared = (ports[first] ?? []).filter { ports[second]?.contains($0) == true }
                guard shared.count >= 2 else { continue }
                addresses = [first, second]
                self.ports = Array(shared.prefix(2))
                return
            }
        }
        return nil
    }

    /// From where an answer goes to who asked at `server` (§6.1, table 1); nil when that is not one of the four.
    func origin(_ change: ChangeRequest, askedAt server: TransportAddress) -> TransportAddress? {
        guard let address = addresses.firstIndex(of: server.ip), let port = ports.firstIndex(of: server.port)
        else { return nil }
        return TransportAddress(
            ip: addresses[change.changesAddress ? 1 - address : address],
            port: ports[change.changesPort ? 1 - port : port])
    }
}

/// What a server that helps to discover NATs has to offer, by family (RFC 5780).
public struct NATDiscovery: Hashable, Sendable {
    public let ipv4: NATDiscoveryAddresses?
    public let ipv6: NATDiscoveryAddresses?

    /// nil when neither family has two addresses and two ports.
    public init?(listening: [TransportAddress]) {
        ipv4 = NATDiscoveryAddresses(.ipv4, listening: listening)
        ipv6 = NATDiscoveryAddresses(.ipv6, listening: listening)
        if ipv4 == nil, ipv6 == nil { return nil }
    }

    /// The four that a client asked one of; nil when it asked something else, by a stream, or by DTLS: an answer from
    /// elsewhere would be nothing that those know.
    func addresses(for client: FiveTuple) -> NATDiscoveryAddresses? {
        guard client.transport == .udp, !client.isSecured else { return nil }
        let addresses = client.server.family == .ipv4 ? ipv4 : ipv6
        return addresses?.origin(ChangeRequest(address: false, port: false), askedAt: client.server) == nil ? nil : addresses
    }
}
