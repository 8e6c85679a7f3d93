public import NetPrimitives
import STUN

// What travels through the allocation (RFC 8656 §11, §12).
extension AllocationClient {
    /// Takes what arrived from the server: one datagram, or a run of the stream.
    public mutating func receive(_ bytes: [UInt8], at now: Instant) {
        guard phase != .finished else { return }
        switch transport {
        case .udp:
            handle(bytes, at: now)
        case .tcp:
            framer.append(bytes)
            do {
                while let message = try framer.nextMessage() { handle(message, at: now) }
            } catch {
                switch phase {
                case .allocating: finish(.failed(.notTURN))
                case .allocated: finish(.lost)
                case .abandoning, .closing, .finished: finish(nil)
                }
            }
        }
    }

    private mutating func handle(_ bytes: [UInt8], at now: Instant) {
        if ChannelData.looksLike(bytes) {
            guard let data = try? ChannelData(decoding: bytes), let peer = channelPeers[data.channel] else { return }
            return events.push(.data(Array(data.payload), from: peer))
        }
        guard let message = try? Message(decoding: bytes) else { return }
        switch message.messageClass {
        case .request: break
        case .successResponse, .errorResponse: handleResponse(message, at: now)
        case .indication: handleDataIndication(message)
        }
    }

    /// RFC 8656 §11.4: data from addresses without a permission is not believed.
    private mutating func handleDataIndication(_ message: Message) {
        guard message.method == .data, let peer = message[XORPeerAddress.self]?.address, permissions[peer.ip] != nil
        else { return }
        if let data = message[DataAttribute.self] {
            events.push(.data(Array(data.payload), from: peer))
        } else if let error = message[ICMP.self] {
            events.push(.unreachable(peer, error))
        }
    }

    /// Sends to a peer whose permission is there.
    mutating func transmit(_ payload: ArraySlice<UInt8>, to peer: TransportAddress) {
        if let channel = channels[peer], case .bound = channel.state {
            transmits.push(ChannelData(channel: channel.number, payload: payload).encoded(padded: transport == .tcp))
        } else {
            let id = TransactionID(using: &random)
            var builder = MessageBuilder(.indication, .send, transactionID: id)
            builder.add(XORPeerAddress(peer))
            builder.add(DataAttribute(payload))
            transmits.push(builder.finish())
        }
    }
}
