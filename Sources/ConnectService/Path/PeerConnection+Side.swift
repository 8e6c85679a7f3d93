import NetPrimitives
import SCTP

// Channels for what a yes of its own was given to. They come after the picture, which comes after control: what is large
// must not hold up what is urgent.
extension PeerConnection {
    /// Opens a channel; nil when there is no association, or there are too many.
    package func openSideChannel(label: String, protocol: String) -> SideChannel? {
        guard let sctp, isReady, !isOver, sideChannels.ours < SideChannel.maximumCount,
            let id = try? sctp.open(
                label: label, protocol: `protocol`, ordered: true, reliability: .reliable, priority: .belowNormal)
        else { return nil }
        sideChannels.add(ours: id)
        drain()
        return SideChannel(id: id)
    }

    /// Queues a message; false when too much waits already (`hasRoom` follows), or the channel is not open.
    package func send(_ bytes: [UInt8], on channel: SideChannel) -> Bool {
        precondition(bytes.count <= SideChannel.maximumMessage, "a message that blocks the way for others")
        guard let sctp, !isOver, sideChannels.isOpen(channel.id),
            sctp.bufferedAmount(of: channel.id) <= SideChannel.backlog,
            (try? sctp.send(bytes, on: channel.id, kind: .binary)) != nil
        else { return false }
        drain()
        return true
    }

    /// Whether `send` would take a message now.
    package func hasRoom(on channel: SideChannel) -> Bool {
        guard let sctp, !isOver, sideChannels.isOpen(channel.id) else { return false }
        return sctp.bufferedAmount(of: channel.id) <= SideChannel.backlog
    }

    /// Closes a channel: what waits is still sent, and nothing more is taken. `closed` follows when the peer is done as well.
    package func close(_ channel: SideChannel) {
        guard let sctp, !isOver, sideChannels.isOpen(channel.id) else { return }
        sideChannels.close(channel.id)
        sctp.close(channel.id)
        drain()
    }

    func receivedOnSide(_ bytes: [UInt8], _ id: ChannelID) {
        guard sideChannels.isOpen(id) else { return }
        let channel = SideChannel(id: id)
        guard bytes.count <= SideChannel.maximumMessage else { return close(channel) }
        emit(.side(.message(channel, bytes)))
    }

    /// One that the peer has opened, or has acknowledged.
    func sideChannelOpened(_ opened: SCTP.Channel) {
        guard let sctp, !sideChannels.isKnown(opened.id), !channels.values.contains(opened.id) else { return }
        guard isReady, sideChannels.theirs < SideChannel.maximumCount else { return sctp.close(opened.id) }
        sideChannels.add(theirs: opened.id)
        emit(.side(.opened(SideChannel(id: opened.id), label: opened.label, protocol: opened.protocol)))
    }
}
