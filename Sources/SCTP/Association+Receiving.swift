extension Association {
    /// Takes from usrsctp what it has, as long as the reader keeps up.
    func drainSocket() {
        while state != .over, unreadBytes < configuration.maximumUnreadAmount {
            switch socket.receive() {
            case .message(let bytes, let stream, let identifier, let isComplete):
                if let message = partial.add(bytes, on: stream, isComplete: isComplete) {
                    handleMessage(message, on: stream, as: PayloadProtocol(rawValue: identifier))
                }
                if partial.byteCount > configuration.maximumMessageSize {
                    end(.failed(.messageTooLarge(limit: configuration.maximumMessageSize)))
                }
            case .notification(let notification): handle(notification)
            case .nothing: return
            }
        }
    }

    private func handleMessage(_ bytes: [UInt8], on stream: UInt16, as identifier: PayloadProtocol?) {
        switch identifier {
        case .control: handleControl(bytes, on: stream)
        case .text: deliver(bytes, .text, on: stream)
        case .binary: deliver(bytes, .binary, on: stream)
        case .emptyText: deliver([], .text, on: stream)
        case .emptyBinary: deliver([], .binary, on: stream)
        case nil: break  // a protocol that nobody agreed on
        }
    }

    /// A message on a stream that is no channel, or one that is closed here, has no reader.
    private func deliver(_ bytes: [UInt8], _ kind: MessageKind, on stream: UInt16) {
        let id = ChannelID(stream: stream)
        guard let channel = channels[id], !channel.isClosing else { return }
        guard bytes.count <= configuration.maximumMessageSize else {
            return end(.failed(.messageTooLarge(limit: configuration.maximumMessageSize)))
        }
        unreadBytes += bytes.count + Self.messageOverhead
        events.append(.message(id, kind, bytes))
    }

    private func handle(_ notification: Notification) {
        switch notification {
        case .established(let outbound, let inbound):
            guard state == .connecting else { return }
            state = .established
            events.append(.connected)
            limitStreams(to: min(outbound, inbound))
        case .peerShutsDown:
            state = .shuttingDown
            current = nil
            unsent.removeAll()
            for id in channels.keys {
                channels[id]?.waiting.removeAll()
                channels[id]?.waitingBytes = 0
            }
        case .shutdownComplete: end(.closed)
        case .restarted: end(.failed(.restarted))
        case .lost(let byPeer): end(.failed(byPeer ? .aborted : .timedOut))
        case .incomingReset(let streams): handleIncomingReset(streams)
        case .outgoingReset(let streams): handleOutgoingReset(streams)
        case .resetRefused(let streams): handleOutgoingReset(streams)
        case .senderDry: unsent.removeAll()
        case .other: break
        }
    }

    /// The peer offers fewer streams than were asked for: channels beyond them cannot be.
    private func limitStreams(to count: UInt16) {
        streamLimit = min(streamLimit, count)
        for id in channels.keys where id.stream >= streamLimit {
            channels[id] = nil
            events.append(.channelClosed(id))
        }
    }

    /// Tells of channels whose waiting bytes fell to the threshold.
    func reportLowBuffers() {
        for (id, channel) in channels
        where channel.owesLowEvent && bufferedAmount(of: id) <= configuration.bufferedAmountLowThreshold {
            channels[id]?.owesLowEvent = false
            events.append(.bufferedAmountLow(id))
        }
    }
}
