import Foundation

/// What `GET /.well-known/ra-relay` answers: all that a client needs to know besides the relay's URL.
struct RelayDescription: Encodable, Hashable {
    struct Probe: Encodable, Hashable {
        var ports: [UInt16]
        /// The path at which the relay dials back; absent when it does not.
        var dialBack: String?

        private enum CodingKeys: String, CodingKey {
            case ports
            case dialBack = "dial_back"
        }
    }

    var version = 1
    var name: String
    var realm: String
    var rendezvous: String
    /// The switchboard's WebSocket.
    var contacts: String
    var web: String?
    var stun: [String]
    var turn: [String]
    var probe: Probe
    /// The fleet's nodes that live; none where the relay is alone.
    var nodes: [String]

    /// The path of the rendezvous' WebSocket.
    static let rendezvousPath = "/rendezvous"
    /// The path of the switchboard's.
    static let contactsPath = "/contacts"
    static let socketPaths: Set = [rendezvousPath, contactsPath]
    static let path = "/.well-known/ra-relay"

    /// - Parameters:
    ///   - host: the name or address by which the client reached us, with brackets around IPv6.
    ///   - authority: the same with the port, as the `Host` field has it.
    ///   - isSecure: whether HTTP and the rendezvous are to be used over TLS.
    ///   - udpPorts, tcpPorts: the ports that are listened on, the first one first.
    ///   - isSecured: whether each of them serves TLS too, or DTLS.
    ///   - dialBack: where the relay can be asked to dial back.
    init(
        name: String, realm: String, host: String, authority: String, isSecure: Bool, udpPorts: [UInt16],
        tcpPorts: [UInt16], isSecured: Bool, dialBack: String?, nodes: [String] = []
    ) {
        self.nodes = nodes
        self.name = name
        self.realm = realm
        rendezvous = "\(isSecure ? "wss" : "ws")://\(authority)\(Self.rendezvousPath)"
        contacts = "\(isSecure ? "wss" : "ws")://\(authority)\(Self.contactsPath)"
        web = isSecure ? "https://\(authority)/" : nil
        stun = udpPorts.map { "stun:\(host):\($0)" }
        turn =
            udpPorts.map { "turn:\(host):\($0)?transport=udp" } + tcpPorts.map { "turn:\(host):\($0)?transport=tcp" }
        if isSecured {
            // TLS first: fewer clients know DTLS (RFC 7065 §3.1 calls both "turns").
            turn += tcpPorts.map { "turns:\(host):\($0)?transport=tcp" } + udpPorts.map { "turns:\(host):\($0)?transport=udp" }
        }
        probe = Probe(ports: tcpPorts, dialBack: dialBack)
    }

    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    private enum CodingKeys: CodingKey { case version, name, realm, rendezvous, contacts, web, stun, turn, probe, nodes }

    /// `web` is written as null when there is none.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(name, forKey: .name)
        try container.encode(realm, forKey: .realm)
        try container.encode(rendezvous, forKey: .rendezvous)
        try container.encode(contacts, forKey: .contacts)
        try container.encode(web, forKey: .web)
        try container.encode(stun, forKey: .stun)
        try container.encode(turn, forKey: .turn)
        try container.encode(probe, forKey: .probe)
        try container.encode(nodes, forKey: .nodes)
    }
}
