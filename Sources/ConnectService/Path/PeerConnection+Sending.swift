import SCTP

// What is said on the channels, and what of it may be dropped.
extension PeerConnection {
    /// Bytes of pictures that may wait: a few key frames.
    private static let pictures = 8 << 20

    /// The association's bounds: pictures, the side channels of both sides, each at most one message over its backlog, and a megabyte
    /// that control and path can count on.
    static var associationBounds: SCTP.Configuration {
        var bounds = SCTP.Configuration()
        let sideChannels = 2 * SideChannel.maximumCount * (SideChannel.backlog + SideChannel.maximumMessage)
        bounds.maximumBufferedAmount = pictures + sideChannels + (1 << 20)
        return bounds
    }

    /// Queues a message; false when it was not taken: not connected, or too much is waiting already.
    ///
    /// A picture that finds no room is dropped, whole. A control message that finds none, and so many wait before it only when the
    /// other side takes nothing, ends the session: without it the two sides would not mean the same any more.
    @discardableResult
    package func send(_ bytes: [UInt8], on channel: Channel) -> Bool {
        guard let sctp, let id = channels[channel], !isOver else { return false }
        do throws(SCTP.Failure) {
            switch channel {
            case .control: try sctp.send(bytes, on: id, kind: .binary)
            case .path: try sctp.send(bytes, on: id, kind: .text)
            case .screen:
                guard sctp.bufferedAmount(of: id) + bytes.count <= Self.pictures else { return false }
                for piece in ScreenFragments.cut(bytes) { try sctp.send(piece, on: id, kind: .binary) }
            }
        } catch {
            if channel == .control, case .bufferFull = error { fail(.transport("\(error)")) }
            return false
        }
        drain()
        return true
    }
}
