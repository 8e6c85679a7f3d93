public import NetPrimitives
import STUN
public import TURN

// What is relayed (RFC 8656 §11, §12). The look-ups come first: they change nothing and allocate
// nothing, so that a data plane can do the rest by itself.
extension RelayMachine {
    /// Where ChannelData of a client goes; nil when it is dropped.
    public func routeFromClient(
        _ channel: ChannelNumber, of client: FiveTuple, at now: Instant
    ) -> (port: RelayedPort, peer: TransportAddress)? {
        guard let index = allocations.index(of: client, at: now),
            let peer = allocations[index]?.channels.peer(of: channel, at: now), mayExchange(with: peer),
            let port = allocations[index]?.port
        else { return nil }
        return (port, peer)
    }

    /// Who gets what a peer sent to a relayed port, and on which channel; nil when it is dropped.
    public func routeFromPeer(
        _ peer: TransportAddress, on port: RelayedPort, at now: Instant
    ) -> (client: FiveTuple, channel: ChannelNumber?)? {
        guard let index = allocations.index(of: port, at: now),
            allocations[index]?.permissions.contains(peer.ip, at: now) == true, mayExchange(with: peer),
            let client = allocations[index]?.client
        else { return nil }
        return (client, allocations[index]?.channels.number(for: peer, at: now))
    }

    /// What the policy says of a peer, with the port: of our own address, live relayed ports alone.
    func mayExchange(with peer: TransportAddress) -> Bool {
        switch configuration.peerPolicy.verdict(for: peer.ip) {
        case .allowed: peer.port != 0
        case .ownAddress: host.isRelayed(peer)
        case .refused: false
        }
    }

    // MARK: From the client

    mutating func relayChannelData(_ bytes: [UInt8], from client: FiveTuple, at now: Instant) {
        guard let data = try? ChannelData(decoding: bytes),
            let (port, peer) = routeFromClient(data.channel, of: client, at: now)
        else { return }
        pushToPeer(data.payload, from: port, of: client, to: peer, at: now)
    }

    /// §11.2. DONT-FRAGMENT is unknown to us, and so is dropped with it what carries it.
    mutating func relaySendIndication(_ message: Message, from client: FiveTuple, at now: Instant) {
        guard let index = allocations.index(of: client, at: now),
            message.attributes.allSatisfy({ !$0.type.isComprehensionRequired || KnownAttributes.all.contains($0.type) }),
            let peer = message[XORPeerAddress.self]?.address, let data = message[DataAttribute.self],
            allocations[index]?.permissions.contains(peer.ip, at: now) == true, mayExchange(with: peer),
            let port = allocations[index]?.port
        else { return }
        pushToPeer(data.payload, from: port, of: client, to: peer, at: now)
    }

    private mutating func pushToPeer(
        _ payload: ArraySlice<UInt8>, from port: RelayedPort, of client: FiveTuple, to peer: TransportAddress,
        at now: Instant
    ) {
        if configuration.peerPolicy.verdict(for: peer.ip) == .ownAddress {
            guard let index = allocations.index(of: client, at: now), let relayed = allocations[index]?.relayed
            else { return }
            push(.toRelayed(from: relayed, to: peer, Array(payload)))
        } else {
            push(.toPeer(port, peer, Array(payload)))
        }
    }

    // MARK: From the peer

    /// Takes a datagram that a peer sent to a relayed port (§11.3, §12.7).
    public mutating func receiveFromPeer(
        _ bytes: [UInt8], from peer: TransportAddress, on port: RelayedPort, at now: Instant
    ) {
        guard bytes.count <= ChannelData.maximumLength,
            let (client, channel) = routeFromPeer(peer, on: port, at: now)
        else { return }
        if let channel {
            let message = ChannelData(channel: channel, payload: bytes[...])
            push(.toClient(client, message.encoded(padded: client.transport == .tcp)))
        } else if bytes.count <= DataIndication.maximumPayload {
            push(.toClient(client, DataIndication.encode(bytes[...], from: peer, using: &random)))
        }
    }
}

/// A Data indication: what a peer without a channel sent (RFC 8656 §11.3).
enum DataIndication {
    /// With its padding and XOR-PEER-ADDRESS it fits the 16 bits of STUN's length.
    static let maximumPayload = 65_000

    static func encode(
        _ payload: ArraySlice<UInt8>, from peer: TransportAddress, using random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        let id = TransactionID(using: &random)
        var builder = MessageBuilder(.indication, .data, transactionID: id)
        builder.add(XORPeerAddress(peer))
        builder.add(DataAttribute(payload))
        return builder.finish()
    }
}
