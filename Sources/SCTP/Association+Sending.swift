extension Association {
    /// How much usrsctp holds that it has not sent: enough for a burst, little enough that an urgent message comes soon.
    private static let handedOverLimit = 64 << 10

    /// How much to hand over at once, in bytes.
    private static let partSize = 16 << 10

    /// Queues a message. Messages on one channel stay in order unless the channel says otherwise.
    public func send(_ bytes: [UInt8], on id: ChannelID, kind: MessageKind) throws(Failure) {
        guard state == .connecting || state == .established else { throw .closed }
        guard let channel = channels[id], !channel.isClosing else { throw .unknownChannel(id) }
        guard bytes.count <= configuration.maximumBufferedAmount - bufferedAmount else {
            throw .bufferFull(limit: configuration.maximumBufferedAmount)
        }
        var ordered = channel.channel.ordered
        if case .opening = channel.phase { ordered = true }
        channels[id]?.enqueue(
            OutgoingMessage(
                bytes, as: PayloadProtocol(kind, isEmpty: bytes.isEmpty), ordered: ordered,
                reliability: channel.channel.reliability))
        finishCall()
        if bufferedAmount(of: id) > configuration.bufferedAmountLowThreshold { channels[id]?.owesLowEvent = true }
    }

    /// Bytes accepted on a channel and not sent even once; what is in flight does not count.
    public func bufferedAmount(of id: ChannelID) -> Int {
        guard let channel = channels[id] else { return 0 }
        return channel.waitingBytes + unsent[id.stream]
    }

    /// The same over all channels.
    public var bufferedAmount: Int { channels.values.reduce(unsent.total) { $0 + $1.waitingBytes } }

    /// Hands messages to usrsctp while it has little left to send.
    func sendWaiting() {
        guard state == .established || state == .draining else { return }
        while mayHandOver, let next = current ?? takeNextToServe() {
            current = next
            guard handOver(next.message, on: next.id) else { break }
            collectPackets()  // which says what has been sent
        }
        if state == .draining, current == nil, channels.values.allSatisfy(\.waiting.isEmpty) {
            state = .shuttingDown
            socket.shutdown()
        }
    }

    /// A message that usrsctp may abandon is handed over to its end, once begun: the rest of an abandoned one would wait
    /// for room that only its end can make.
    private var mayHandOver: Bool {
        if let current, current.message.reliability != .reliable { return true }
        return unsent.total < Self.handedOverLimit
    }

    /// Messages that usrsctp abandoned before they were sent whole leave bytes in the count that no packet takes out.
    func forgetAbandoned() {
        if unsent.total > 0, !socket.hasUnsentMessages { unsent.removeAll() }
    }

    /// Hands over a part of the current message; false when usrsctp takes no more for now.
    private func handOver(_ message: OutgoingMessage, on id: ChannelID) -> Bool {
        let part = message.rest.prefix(message.reliability == .reliable ? Self.partSize : .max)
        let isLast = part.count == message.rest.count
        switch socket.send(part, as: message, on: id.stream, isLast: isLast) {
        case .bytes(let count):
            unsent.add(count, on: id.stream)
            channels[id]?.waitingBytes -= count
            current = nil
            if count < message.rest.count { current = (id, message.dropping(count)) }
            return count > 0
        case .wouldBlock: return false
        case .failed(let code):
            end(.failed(.library(code)))
            return false
        }
    }

    /// The channel with the highest priority that has something; among equals the next one after the last served.
    private func takeNextToServe() -> (id: ChannelID, message: OutgoingMessage)? {
        let next = channels.values.lazy.filter { !$0.waiting.isEmpty }.max { left, right in
            if left.channel.priority != right.channel.priority { return left.channel.priority < right.channel.priority }
            return turnsUntilServed(left) > turnsUntilServed(right)
        }
        guard let id = next?.channel.id, let message = channels[id]?.waiting.popFirst() else { return nil }
        lastServed = id.stream
        return (id, message)
    }

    private func turnsUntilServed(_ state: ChannelState) -> UInt16 { state.channel.id.stream &- lastServed &- 1 }
}
