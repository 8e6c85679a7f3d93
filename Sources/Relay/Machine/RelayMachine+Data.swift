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
        allocations.index(of: client, at: now).flatMap { route(of: channel, $0, at: now) }
    }

    private func route(
        of channel: ChannelNumber, _ index: AllocationTable.Index, at now: Instant
    ) -> (port: RelayedPort, peer: TransportAddress)? {
        guard let peer = allocations[index]?.channels.peer(of: channel, at: now), mayExchange(with: peer),
            let port = allocations[index]?.relayed(peer.family, at: now)?.port
        else { return nil }
        return (port, peer)
    }

    /// Who gets what a peer sent to a relayed port, and on which channel; nil when it is dropped.
    public func routeFromPeer(
        _ peer: TransportAddress, on port: RelayedPort, at now: Instant
    ) -> (client: FiveTuple, channel: ChannelNumber?)? {
        allocations.index(of: port, at: now).flatMap { route(from: peer, $0, at: now) }
    }

    private func route(
        from peer: TransportAddress, _ index: AllocationTable.Index, at now: Instant
    ) -> (client: FiveTuple, channel: ChannelNumber?)? {
        guard allocations[index]?.permissions.contains(peer.ip, at: now) == true, mayExchange(with: peer),
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
        guard let data = try? ChannelData(decoding: bytes), let index = allocations.index(of: client, at: now),
            let (port, peer) = route(of: data.channel, index, at: now)
        else { return countDroppedChannelData(bytes, from: client, at: now) }
        pushToPeer(data.payload, from: port, index, to: peer, at: now)
    }

    /// §11.2.
    mutating func relaySendIndication(_ message: Message, from client: FiveTuple, at now: Instant) {
        guard let index = allocations.index(of: client, at: now), !peerConnections.isTCP(client),
            message.attributes.allSatisfy({ !$0.type.isComprehensionRequired || KnownAttributes.all.contains($0.type) }),
            let peer = message[XORPeerAddress.self]?.address, let data = message[DataAttribute.self],
            allocations[index]?.permissions.contains(peer.ip, at: now) == true, mayExchange(with: peer),
            let port = allocations[index]?.relayed(peer.family, at: now)?.port
        else { return countDroppedSend(message, from: client, at: now) }
        // §13 has a translation between families ignore it, and one to IPv6 over UDP; a stream has no fragments to copy.
        let isHonoured = client.transport == .tcp || (client.client.family == .ipv4 && peer.family == .ipv4)
        let mayFragment = !(isHonoured && message.contains(.dontFragment))
        pushToPeer(data.payload, from: port, index, to: peer, mayFragment: mayFragment, at: now)
    }

    private mutating func pushToPeer(
        _ payload: ArraySlice<UInt8>, from port: RelayedPort, _ index: AllocationTable.Index, to peer: TransportAddress,
        mayFragment: Bool = true, at now: Instant
    ) {
        guard admits(payload.count, index, at: now) else { return }
        counters.relayed(.toPeer, bytes: payload.count)
        if configuration.peerPolicy.verdict(for: peer.ip) == .ownAddress {
            guard let relayed = allocations[index]?.relayed[peer.family]?.address else { return }
            push(.toRelayed(from: relayed, to: peer, Array(payload)))
        } else if mayFragment {
            push(.toPeer(port, peer, Array(payload)))
        } else {
            push(.toPeerUnfragmented(port, peer, Array(payload)))
        }
    }

    // MARK: From the peer

    /// Takes a datagram that a peer sent to a relayed port (§11.3, §12.7).
    public mutating func receiveFromPeer(
        _ bytes: [UInt8], from peer: TransportAddress, on port: RelayedPort, at now: Instant
    ) {
        guard bytes.count <= ChannelData.maximumLength, let index = allocations.index(of: port, at: now),
            let (client, channel) = route(from: peer, index, at: now)
        else { return countDroppedFromPeer(bytes, from: peer, on: port, at: now) }
        guard channel != nil || bytes.count <= DataIndication.maximumPayload else {
            return counters.dropped.count(.tooLarge)
        }
        guard admits(bytes.count, index, at: now) else { return }
        counters.relayed(.toClient, bytes: bytes.count)
        if let channel {
            let message = ChannelData(channel: channel, payload: bytes[...])
            push(.toClient(client, message.encoded(padded: client.transport == .tcp)))
        } else {
            push(.toClient(client, DataIndication.encode(DataAttribute(bytes[...]), from: peer, using: &random)))
        }
    }

    /// Takes what a router or a peer's host answered to a datagram of a relayed port's (§11.5).
    ///
    /// - Parameter peer: where that datagram was sent; port 0 when the system does not know.
    public mutating func receiveICMP(_ error: ICMP, about peer: TransportAddress, on port: RelayedPort, at now: Instant) {
        guard error.isRelayed(peer.family), let index = allocations.index(of: port, at: now),
            allocations[index]?.permissions.contains(peer.ip, at: now) == true,
            let client = allocations[index]?.client
        else { return }
        push(.toClient(client, DataIndication.encode(error, from: peer, using: &random)))
    }
}

/// A Data indication: what a peer without a channel sent, or what became of a datagram for it (RFC 8656 §11.3, §11.5).
enum DataIndication {
    /// With its padding and XOR-PEER-ADDRESS it fits the 16 bits of STUN's length.
    static let maximumPayload = 65_000

    static func encode(
        _ content: some Attribute, from peer: TransportAddress, using random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        let id = TransactionID(using: &random)
        var builder = MessageBuilder(.indication, .data, transactionID: id)
        builder.add(XORPeerAddress(peer))
        builder.add(content)
        return builder.finish()
    }
}
