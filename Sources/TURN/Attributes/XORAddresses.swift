// RFC 8656 §18.3 and §18.5: addresses that are coded as XOR-MAPPED-ADDRESS is.

public import NetPrimitives
public import STUN

/// XOR-PEER-ADDRESS: the peer's address, as the server sees it.
public struct XORPeerAddress: XORAddressAttribute, Hashable {
    public static let type = AttributeType.xorPeerAddress
    public let address: TransportAddress
    public init(_ address: TransportAddress) { self.address = address }
}

/// XOR-RELAYED-ADDRESS: what the server allocated to the client.
public struct XORRelayedAddress: XORAddressAttribute, Hashable {
    public static let type = AttributeType.xorRelayedAddress
    public let address: TransportAddress
    public init(_ address: TransportAddress) { self.address = address }
}

extension Message {
    /// Every XOR-PEER-ADDRESS in the order of the wire: CreatePermission alone may carry several (RFC 8656 §10.1).
    public func peerAddresses() throws(MalformedAttribute) -> [TransportAddress] {
        var addresses: [TransportAddress] = []
        for raw in attributes where raw.type == .xorPeerAddress {
            addresses.append(try XORPeerAddress(decoding: raw.value, in: transactionID).address)
        }
        return addresses
    }
}
