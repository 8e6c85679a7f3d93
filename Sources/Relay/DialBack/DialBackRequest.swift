public import NetPrimitives
public import STUN

/// What somebody asks who wants to know whether a port of theirs is reached from outside. It holds no address: the
/// relay dials the one that it sees the request come from, and no other.
public struct DialBackRequest: Hashable, Sendable {
    public var transport: TransportProtocol
    public var port: UInt16
    /// The transaction ID of the Binding request that the port will get: whoever sees it knows that it was the relay.
    public var nonce: TransactionID
    /// A UDP port of the relay to send from; nil: a new one, which the asker cannot have sent to.
    public var via: UInt16?

    public init(transport: TransportProtocol, port: UInt16, nonce: TransactionID, via: UInt16? = nil) {
        self.transport = transport
        self.port = port
        self.nonce = nonce
        self.via = via
    }

    /// Reads `transport=udp&port=3389&nonce=…24 hexadecimal digits…&via=3478`; nil for anything else.
    public init?(query: String) {
        guard query.utf8.count <= 128 else { return nil }
        var fields: [Substring: Substring] = [:]
        for field in query.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = field.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, fields.updateValue(parts[1], forKey: parts[0]) == nil else { return nil }
        }
        let via = fields.removeValue(forKey: "via")
        guard fields.count == 3, let port = fields["port"].flatMap(Self.port),
            let nonce = fields["nonce"].flatMap({ TransactionID(String($0)) })
        else { return nil }
        switch fields["transport"] {
        case "tcp" where via == nil: transport = .tcp
        case "udp": transport = .udp
        default: return nil
        }
        self.port = port
        self.nonce = nonce
        guard let via else { return }
        guard let number = Self.port(via) else { return nil }
        self.via = number
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0 else { return nil }
        return port
    }
}
