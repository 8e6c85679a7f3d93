extension Association {
    /// Opens a channel, at any time before the end: what is sent on it waits for the association.
    public func open(
        label: String, protocol: String = "", ordered: Bool = true, reliability: Channel.Reliability = .reliable,
        priority: Channel.Priority = .normal
    ) throws(Failure) -> ChannelID {
        guard state == .connecting || state == .established else { throw .closed }
        guard channels.count < configuration.maximumChannels, let stream = freeStream() else { throw .noStreamLeft }
        let parameters = ChannelParameters(
            label: label, protocol: `protocol`, ordered: ordered, reliability: reliability, priority: priority)
        guard parameters.isEncodable else { throw .labelTooLong }
        let id = ChannelID(stream: stream)
        var channel = ChannelState(Channel(id: id, parameters), phase: .opening)
        channel.enqueue(OutgoingMessage(.open(parameters)))
        channels[id] = channel
        lastOpened = stream
        finishCall()
        return id
    }

    /// Closes a channel: what waits is still sent, then `.channelClosed` comes, when the peer has closed its half.
    public func close(_ id: ChannelID) {
        guard let channel = channels[id], !channel.isClosing else { return }
        channels[id]?.phase = .closing(.pending)
        finishCall()
    }

    /// The next one that is free, and not the lowest: what is still told of a channel that is over must not be taken for news of
    /// another, nor its OPEN, at a peer that has not heard of the end, for a second one.
    private func freeStream() -> UInt16? {
        let next = lastOpened.map { $0 + 1 } ?? 0
        let streams = [next..<max(next, streamLimit), 0..<min(next, streamLimit)].joined()
        return streams.first { role.owns($0) && channels[ChannelID(stream: $0)] == nil }
    }

    /// A DCEP message came in on a stream.
    func handleControl(_ bytes: [UInt8], on stream: UInt16) {
        let id = ChannelID(stream: stream)
        switch (try? ControlMessage(bytes), channels[id]) {
        case (.acknowledge?, let channel?):
            guard case .opening = channel.phase else { return }
            channels[id]?.phase = .open
            events.append(.channelOpened(channel.channel))
        case (.open(let parameters)?, nil)
        where !role.owns(stream) && stream < streamLimit && channels.count < configuration.maximumChannels:
            var channel = ChannelState(Channel(id: id, parameters), phase: .open)
            channel.enqueue(OutgoingMessage(.acknowledge))
            channels[id] = channel
            events.append(.channelOpened(channel.channel))
        case (_, _?):
            // Nonsense, or a second OPEN: the channel is closed (RFC 8832 section 6).
            close(id)
        case (_, nil):
            // An OPEN that cannot be, on a stream of ours or over the bound: refused by a reset.
            if stream < streamLimit, straysToReset.count < configuration.maximumChannels { straysToReset.insert(stream) }
        }
    }

    /// The peer's halves of `streams`, or of all, have been reset: it is done with these channels.
    func handleIncomingReset(_ streams: [UInt16]) {
        for id in named(streams) {
            partial.forget(id.stream)
            guard let channel = channels[id] else { continue }
            channels[id]?.isIncomingReset = true
            if !channel.isClosing {
                // What waits here has nobody to read it; only what has begun must be finished.
                channels[id]?.waiting.removeAll()
                channels[id]?.waitingBytes = current?.id == id ? current?.message.rest.count ?? 0 : 0
                channels[id]?.phase = .closing(.pending)
            }
            removeIfOver(id)
        }
    }

    func handleOutgoingReset(_ streams: [UInt16]) {
        for id in named(streams) {
            guard channels[id]?.isClosing == true else { continue }
            channels[id]?.phase = .closing(.done)
            removeIfOver(id)
        }
    }

    private func named(_ streams: [UInt16]) -> [ChannelID] {
        streams.isEmpty ? Array(channels.keys) : streams.map(ChannelID.init(stream:))
    }

    private func removeIfOver(_ id: ChannelID) {
        guard channels[id]?.isOver == true else { return }
        channels[id] = nil
        events.append(.channelClosed(id))
    }

    /// Asks usrsctp for the resets that are due; what it is too busy for is asked again after the next call.
    func resetStreams() {
        guard state == .established || state == .draining else { return }
        for (id, channel) in channels {
            guard case .closing(.pending) = channel.phase, channel.waiting.isEmpty, current?.id != id else { continue }
            switch socket.resetOutgoing(id.stream) {
            case .requested: channels[id]?.phase = .closing(.requested)
            case .busy: return
            case .impossible:
                // A peer without RFC 6525 has no other way to say it either.
                channels[id]?.isIncomingReset = true
                channels[id]?.phase = .closing(.done)
                removeIfOver(id)
            }
        }
        while let stream = straysToReset.first {
            if case .busy = socket.resetOutgoing(stream) { return }
            straysToReset.remove(stream)
        }
    }
}

extension Channel {
    init(id: ChannelID, _ parameters: ChannelParameters) {
        self.init(
            id: id, label: parameters.label, protocol: parameters.protocol, ordered: parameters.ordered,
            reliability: parameters.reliability, priority: parameters.priority)
    }
}
