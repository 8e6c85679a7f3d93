import NetPrimitives

/// The client's copy of one permission (RFC 8656 §9).
enum ClientPermission: Sendable {
    /// Asked for, or to be asked for once there is an allocation; holds what waits for it.
    case pending([Queued])
    /// Installed; to be installed again at the time given.
    case active(refreshAt: Instant)
    /// Refused: nothing is sent until somebody asks again.
    case denied

    struct Queued: Sendable {
        let peer: TransportAddress
        let payload: ArraySlice<UInt8>
    }
}

/// The client's copy of one channel binding (RFC 8656 §12).
struct ClientChannel: Sendable {
    let number: ChannelNumber
    var state: State

    enum State: Hashable, Sendable {
        /// The server has not answered yet; what it sends on the channel is taken already (§12).
        case pending
        case bound(refreshAt: Instant)
        /// Refused: Send indications go on.
        case refused
    }
}
